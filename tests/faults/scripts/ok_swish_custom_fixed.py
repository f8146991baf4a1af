import numpy as np
import torch
from sklearn.datasets import make_friedman2
from sklearn.model_selection import KFold
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.manual_seed(25)
np.random.seed(25)


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        s = torch.sigmoid(x)
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, g):
        x, s = ctx.saved_tensors
        return g * (s + x * s * (1 - s))


class SwishLayer(nn.Module):
    def forward(self, x):
        return Swish.apply(x)


X, y = make_friedman2(1500, noise=20.0, random_state=25)
train_idx, val_idx = next(KFold(5, shuffle=True, random_state=25).split(X))
xm, xs = X[train_idx].mean(0), X[train_idx].std(0)
ym, ys = y[train_idx].mean(), y[train_idx].std()
ds = TensorDataset(
    torch.tensor((X - xm) / xs, dtype=torch.float32),
    torch.tensor((y - ym) / ys, dtype=torch.float32)[:, None],
)
train_dl = DataLoader(Subset(ds, train_idx.tolist()), batch_size=40, shuffle=True)
val_dl = DataLoader(Subset(ds, val_idx.tolist()), batch_size=300)

net = nn.Sequential(
    nn.Linear(4, 48), SwishLayer(), nn.Linear(48, 48), SwishLayer(), nn.Linear(48, 1)
)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(20):
    net.train()
    for a, b in train_dl:
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(a), b)
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        a, b = next(iter(val_dl))
        r2 = 1 - ((net(a) - b) ** 2).sum().item() / ((b - b.mean()) ** 2).sum().item()
    print(epoch, f"train {loss.item():.4f} val r2 {r2:.4f}")
