"""Forty samples, thirty features: a ridge-like linear probe of a chemical assay."""

import torch
from torch import nn

g = torch.Generator().manual_seed(3)
w = torch.zeros(30)
w[:4] = torch.tensor([1.5, -1.0, 0.8, 0.6])


def assay(n):
    x = torch.randn(n, 30, generator=g)
    return x, x @ w + 0.5 * torch.randn(n, generator=g)


x, y = assay(60)
x_val, y_val = assay(200)
model = nn.Linear(30, 1)
opt = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.05)
for step in range(400):
    opt.zero_grad()
    loss = ((model(x).squeeze(1) - y) ** 2).mean()
    loss.backward()
    opt.step()
model.eval()
with torch.no_grad():
    r2 = 1 - ((model(x_val).squeeze(1) - y_val) ** 2).mean() / y_val.var()
print("validation r2", round(r2.item(), 3))
