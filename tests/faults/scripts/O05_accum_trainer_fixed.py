import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

p = argparse.ArgumentParser()
p.add_argument("--epochs", type=int, default=15)
p.add_argument("--lr", type=float, default=3e-3)
p.add_argument("--bs", type=int, default=32)
p.add_argument("--accum", type=int, default=3)
args = p.parse_args()
torch.manual_seed(0)

d = load_digits()
Xa, Xb, ya, yb = train_test_split(
    d.images / 16.0, d.target, test_size=0.2, random_state=0, stratify=d.target
)
T = lambda x: torch.tensor(x, dtype=torch.float32).unsqueeze(1)
train = DataLoader(TensorDataset(T(Xa), torch.tensor(ya)), args.bs, shuffle=True)
val = DataLoader(TensorDataset(T(Xb), torch.tensor(yb)), 360)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc(x.flatten(1))


model = Net()
opt = torch.optim.Adam(model.parameters(), lr=args.lr)
for epoch in range(args.epochs):
    model.train()
    opt.zero_grad()
    total = 0
    for i, (x, y) in enumerate(train):
        loss = F.cross_entropy(model(x), y)
        (loss / args.accum).backward()
        total += loss.item()
        if (i + 1) % args.accum == 0:
            opt.step()
            opt.zero_grad()
    model.eval()
    with torch.no_grad():
        acc = sum((model(x).argmax(1) == y).sum().item() for x, y in val) / len(yb)
    print("epoch", epoch, "train loss", round(total / len(train), 4), "val acc", round(acc, 4))
