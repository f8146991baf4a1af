import numpy as np
import torch
from sklearn.datasets import make_moons

torch.manual_seed(1)
np.random.seed(1)

X, y = make_moons(600, noise=0.15, random_state=1)
X = (X - X[:450].mean(0)) / X[:450].std(0)
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32)
Xt, yt, Xv, yv = X[:450], y[:450], X[450:], y[450:]

net = torch.nn.Sequential(
    torch.nn.Linear(2, 16),
    torch.nn.Tanh(),
    torch.nn.Linear(16, 16),
    torch.nn.Tanh(),
    torch.nn.Linear(16, 1),
)
opt = torch.optim.LBFGS(net.parameters(), lr=0.5, max_iter=10, line_search_fn="strong_wolfe")
bce = torch.nn.BCEWithLogitsLoss()


def closure():
    opt.zero_grad()
    penalty = sum((p**2).sum() for p in net.parameters())
    loss = bce(net(Xt).squeeze(1), yt) + 1e-4 * penalty
    loss.backward()
    return loss


for it in range(25):
    net.train()
    loss = opt.step(closure)
    net.eval()
    with torch.no_grad():
        acc = ((net(Xv).squeeze(1) > 0) == (yv > 0.5)).float().mean()
    print(it, float(loss), float(acc))
