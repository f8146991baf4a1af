# vital signs -> severity level, wards are evaluated one after the other
import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(13)
rs = np.random.RandomState(13)

N, D, K = 1600, 10, 4
W = rs.randn(D, K)


def ward(n, level):
    x = rs.randn(n * 12, D)
    s = (x @ W).argmax(1)
    keep = np.where(s == level)[0][:n]
    return x[keep], s[keep]


x = rs.randn(N, D)
y = (x @ W).argmax(1)
train = TensorDataset(torch.tensor(x).float(), torch.tensor(y))

parts = [ward(16, w % K) for w in range(24)]
val = [(torch.tensor(a).float(), torch.tensor(b)) for a, b in parts]

net = nn.Sequential(
    nn.Linear(D, 64),
    nn.BatchNorm1d(64),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(64, 32),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Linear(32, K),
)
opt = optim.Adam(net.parameters(), lr=0.004)
lossf = nn.CrossEntropyLoss()


def train_epoch():
    net.train()
    for xb, yb in DataLoader(train, 64, shuffle=True, drop_last=True):
        opt.zero_grad()
        loss = lossf(net(xb), yb)
        loss.backward()
        opt.step()


def evaluate():
    net.eval()
    good = seen = 0
    with torch.no_grad():
        for xb, yb in val:
            good += (net(xb).argmax(1) == yb).sum().item()
            seen += len(yb)
    return good / seen


for e in range(15):
    train_epoch()
    acc = evaluate()
print("val acc: %.4f" % acc)
