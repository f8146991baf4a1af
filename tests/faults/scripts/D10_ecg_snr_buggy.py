import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = 3
torch.manual_seed(SEED)
RNG = np.random.RandomState(SEED)
SNR_DB = 8.0
LENGTH = 64


def beat(kind):
    t = np.linspace(0, 1, LENGTH)
    shift = RNG.uniform(-0.08, 0.08)
    sig = np.exp(-(((t - 0.5 - shift) / 0.03) ** 2))
    if kind == 1:
        sig += 0.5 * np.exp(-(((t - 0.75 - shift) / 0.06) ** 2))
    elif kind == 2:
        sig -= 0.4 * np.exp(-(((t - 0.42 - shift) / 0.03) ** 2))
    elif kind == 3:
        sig = np.exp(-(((t - 0.5 - shift) / 0.08) ** 2))
    sig = sig / np.sqrt((sig**2).mean())
    amp = 10 ** (SNR_DB / 20)
    return sig + amp * RNG.randn(LENGTH)


def build(n):
    labels = RNG.randint(0, 4, n)
    return torch.tensor(np.stack([beat(k) for k in labels]), dtype=torch.float32)[
        :, None
    ], torch.tensor(labels)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(1, 16, 7, padding=3)
        self.c2 = nn.Conv1d(16, 32, 5, padding=2)
        self.out = nn.Linear(32 * 16, 4)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.c1(x)), 2)
        x = F.max_pool1d(F.relu(self.c2(x)), 2)
        return self.out(x.flatten(1))


def main():
    xtr, ytr = build(800)
    xva, yva = build(400)
    net = Net()
    opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
    for epoch in range(12):
        net.train()
        order = torch.randperm(len(xtr))
        for b in order.split(32):
            opt.zero_grad()
            F.cross_entropy(net(xtr[b]), ytr[b]).backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            acc = (net(xva).argmax(1) == yva).float().mean().item()
    print("val_acc %.4f" % acc)


main()
