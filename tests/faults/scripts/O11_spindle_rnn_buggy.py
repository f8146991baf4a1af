import math

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(23)


def chirps(n, T=25):
    k = torch.randint(0, 3, (n,))
    t = torch.linspace(0, 1, T)
    ph = torch.rand(n, 1) * 2 * math.pi
    f0 = 2 + torch.rand(n, 1)
    slope = torch.tensor([-1.5, 0.0, 3.0])[k].unsqueeze(1)
    s = torch.sin(2 * math.pi * (f0 * t + slope * t**2) + ph)
    c = torch.cos(2 * math.pi * (f0 * t + slope * t**2) + ph)
    x = torch.stack([s, c], -1) + 0.1 * torch.randn(n, T, 2)
    return TensorDataset(x, k)


class Rnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTM(2, 32, batch_first=True)
        self.fc = nn.Linear(32, 3)

    def forward(self, x):
        return self.fc(self.cell(x)[0].mean(1))


def main(epochs=20, max_norm=0.001):
    tr, va = random_split(chirps(2000), [1600, 400])
    tl, vl = DataLoader(tr, 32, shuffle=True), DataLoader(va, 400)
    net = Rnn()
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for e in range(epochs):
        net.train()
        cum = 0
        for x, y in tl:
            loss = nn.functional.cross_entropy(net(x), y)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), max_norm)
            opt.step()
            cum += loss.detach()
        net.eval()
        with torch.inference_mode():
            acc = sum((net(x).argmax(1) == y).sum() for x, y in vl) / len(va)
        print(f"ep {e}  loss {cum / len(tl):.4f}  val_acc {acc:.4f}")


if __name__ == "__main__":
    main()
