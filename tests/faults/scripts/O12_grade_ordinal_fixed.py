import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(43)
rng = np.random.default_rng(43)
X = rng.normal(size=(2400, 9)).astype(np.float32)
lat = X[:, 0] + X[:, 1] * X[:, 2] + np.sin(2 * X[:, 3]) + rng.normal(0, 0.2, 2400)
grade = np.digitize(lat, [-1.5, -0.4, 0.5, 1.6])
cum = (grade[:, None] > np.arange(4)).astype(np.float32)
tr = TensorDataset(torch.tensor(X[:1920]), torch.tensor(cum[:1920]))
xv, gv = torch.tensor(X[1920:]), torch.tensor(grade[1920:])

ACCUM = 8
loader = DataLoader(tr, batch_size=8, shuffle=True)
net = nn.Sequential(nn.Linear(9, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
opt = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
lossf = nn.BCEWithLogitsLoss()

for epoch in range(25):
    net.train()
    opt.zero_grad()
    for k, (xb, yb) in enumerate(loader):
        loss = lossf(net(xb), yb)
        (loss / ACCUM).backward()
        if (k + 1) % ACCUM == 0:
            opt.step()
            opt.zero_grad()
    net.eval()
    with torch.no_grad():
        pred = (net(xv) > 0).sum(1)
        acc = (pred == gv).float().mean().item()
        mae = (pred - gv).abs().float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} mae {mae:.3f} acc {acc:.3f}")
