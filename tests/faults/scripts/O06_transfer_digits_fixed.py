import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(14)
np.random.seed(14)


class Net(nn.Module):
    def __init__(self, n_out):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(24, 48, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.classifier = nn.Linear(48 * 16, n_out)

    def forward(self, x):
        return self.classifier(self.features(x))


def epoch(net, dl, opt):
    net.train()
    s = 0.0
    for x, y in dl:
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item()
    return s / len(dl)


def score(net, dl):
    net.eval()
    with torch.no_grad():
        return np.mean([(net(x).argmax(1) == y).float().mean().item() for x, y in dl])


d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(d.target)
src, tgt = y < 5, y >= 5
xs, ys = x[src], y[src]
xt, yt = x[tgt], y[tgt] - 5
p = torch.randperm(len(xt))
xt, yt = xt[p], yt[p]

net = Net(5)
base = DataLoader(TensorDataset(xs, ys), batch_size=50, shuffle=True)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for e in range(4):
    print("stage 1 epoch", e, "loss", round(epoch(net, base, opt), 4))

new_train = DataLoader(TensorDataset(xt[:600], yt[:600]), batch_size=50, shuffle=True)
new_val = DataLoader(TensorDataset(xt[600:], yt[600:]), batch_size=99)
for q in net.features.parameters():
    q.requires_grad_(False)
net.classifier = nn.Linear(48 * 16, 5)
opt = torch.optim.Adam(net.classifier.parameters(), lr=2e-3)
for e in range(15):
    l = epoch(net, new_train, opt)
    print("stage 2 epoch", e, "loss", round(l, 4), "val acc", round(float(score(net, new_val)), 4))
