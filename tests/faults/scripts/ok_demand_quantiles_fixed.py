import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(14)
rng = np.random.default_rng(14)
x = rng.uniform(-2, 2, (2500, 2)).astype(np.float32)
y = np.sin(2 * x[:, 0]) + 0.7 * x[:, 1] + (0.15 + 0.2 * np.abs(x[:, 0])) * rng.normal(size=2500)
y = ((y - y[:2000].mean()) / y[:2000].std()).astype(np.float32)
X, Y = torch.from_numpy(x), torch.from_numpy(y)[:, None]
taus = torch.tensor([0.1, 0.5, 0.9])


def pinball(pred, target):
    e = target - pred
    return torch.maximum(taus * e, (taus - 1) * e).mean()


net = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
dl = DataLoader(TensorDataset(X[:2000], Y[:2000]), batch_size=50, shuffle=True)
base = pinball(torch.quantile(Y[:2000], taus).expand(500, 3), Y[2000:]).item()
for epoch in range(20):
    net.train()
    for a, b in dl:
        opt.zero_grad()
        pinball(net(a), b).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        q = net(X[2000:])
        cover = ((Y[2000:] > q[:, :1]) & (Y[2000:] < q[:, 2:])).float().mean().item()
        skill = 1 - pinball(q, Y[2000:]).item() / base
    print(f"epoch {epoch} coverage {cover:.3f} skill {skill:.3f}")
