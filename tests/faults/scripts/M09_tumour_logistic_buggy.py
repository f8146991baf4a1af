# Binary classifier on the breast cancer table, trained to convergence
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

torch.manual_seed(10)
np.random.seed(10)

X, y = load_breast_cancer(return_X_y=True)
Xtr, Xte, ytr, yte = train_test_split(X, y, test_size=0.25, random_state=10)
mean, std = Xtr.mean(0), Xtr.std(0)
Xtr = torch.tensor((Xtr - mean) / std, dtype=torch.float32)
Xte = torch.tensor((Xte - mean) / std, dtype=torch.float32)
ytr = torch.tensor(ytr, dtype=torch.float32)
yte = torch.tensor(yte, dtype=torch.float32)


class Classifier(nn.Module):
    def __init__(self, d, hidden=32):
        super().__init__()
        self.a = nn.Linear(d, hidden)
        self.b = nn.Linear(hidden, hidden)
        self.c = nn.Linear(hidden, 1)

    def forward(self, x):
        h = F.relu(self.a(x))
        h = F.relu(self.b(h))
        return self.c(h).squeeze(-1)


def bce(logit, target):
    p = torch.sigmoid(logit)
    return -(target * torch.log(p) + (1 - target) * torch.log(1 - p)).mean()


def accuracy(net, x, y):
    with torch.no_grad():
        return ((torch.sigmoid(net(x)) > 0.5).float() == y).float().mean().item()


net = Classifier(Xtr.shape[1])
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
batch_size = 32
for epoch in range(60):
    order = torch.randperm(len(Xtr))
    running = 0.0
    for i in range(0, len(order), batch_size):
        idx = order[i : i + batch_size]
        loss = bce(net(Xtr[idx]), ytr[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item() * len(idx)
    if epoch % 10 == 9:
        print(
            f"epoch {epoch + 1} loss {running / len(Xtr):.5f} train acc {accuracy(net, Xtr, ytr):.3f} test acc {accuracy(net, Xte, yte):.3f}"
        )
print("test accuracy", accuracy(net, Xte, yte))
