import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
rng = np.random.default_rng(2)
WIN, CH = 16, 3

t = np.arange(6500)
drive = rng.normal(size=(6500, CH))
level = np.zeros(6500)
for i in range(12, 6500):
    level[i] = (
        0.9 * drive[i - 3, 0]
        - 0.8 * drive[i - 7, 1]
        + 0.7 * drive[i - 11, 2] * drive[i - 3, 0]
        + 0.1 * rng.normal()
    )

starts = np.arange(6000)
X = np.stack([drive[s : s + WIN] for s in starts]).astype(np.float32)
y = np.array([level[s + WIN - 1] for s in starts], dtype=np.float32)
mu, sd = y[:5000].mean(), y[:5000].std()
y = (y - mu) / sd
Xtr, Xva = torch.tensor(X[:5000]), torch.tensor(X[5000:])
ytr, yva = torch.tensor(y[:5000]), torch.tensor(y[5000:])
loader = DataLoader(TensorDataset(Xtr, ytr), batch_size=64, shuffle=True)


class WindowNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(CH, 96)
        self.mid = nn.Linear(96, 96)
        self.out = nn.Linear(96, 1)

    def forward(self, x):
        h = torch.relu(self.inp(x))
        h = torch.relu(self.mid(h))
        return self.out(h).mean(1).squeeze(-1)


model = WindowNet()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.02)
for ep in range(20):
    model.train()
    s = 0
    for xb, yb in loader:
        loss = nn.functional.mse_loss(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item()
    model.eval()
    with torch.no_grad():
        mse = nn.functional.mse_loss(model(Xva), yva).item()
    print(f"epoch {ep} train {s / len(loader):.4f} val_r2 {1 - mse / yva.var().item():.4f}")
