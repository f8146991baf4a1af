import numpy as np
import torch
from torch import nn

torch.manual_seed(1)
rng = np.random.default_rng(1)
x = rng.uniform(-3, 3, (600, 1))
y = np.sin(2 * x) + 0.3 * x**2 + 0.1 * rng.normal(size=x.shape)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
xt, yt, xv, yv = x[:450], y[:450], x[450:], y[450:]
mu, sd = yt.mean(), yt.std()
target = (yt - mu) / sd

net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.LBFGS(
    net.parameters(), lr=1.0, max_iter=10, history_size=20, line_search_fn="strong_wolfe"
)


def closure():
    opt.zero_grad()
    penalty = sum((p**2).sum() for p in net.parameters())
    loss = nn.functional.mse_loss(net(xt), target) + 1e-5 * penalty
    loss.backward()
    return loss


for epoch in range(30):
    net.train()
    loss = opt.step(closure)
    net.eval()
    with torch.no_grad():
        p = net(xv) * sd + mu
        r2 = 1 - ((p - yv) ** 2).sum() / ((yv - yv.mean()) ** 2).sum()
    print(f"epoch {epoch} loss {loss.item():.5f} val R2 {r2.item():.4f}")
