import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(105)
rs = np.random.RandomState(105)
ACCUM = 4


def damped(n, T=20):
    w = rs.uniform(0.4, 1.5, (n, 1))
    d = rs.uniform(0.0, 0.1, (n, 1))
    ph = rs.uniform(0, 6.28, (n, 1))
    t = np.arange(T + 1)[None]
    s = np.exp(-d * t) * np.sin(w * t + ph) + 0.03 * rs.randn(n, T + 1)
    return torch.tensor(s[:, :T, None], dtype=torch.float32), torch.tensor(
        s[:, T], dtype=torch.float32
    )


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 48, batch_first=True)
        self.fc = nn.Linear(48, 1)

    def forward(self, x):
        return self.fc(self.gru(x)[0][:, -1]).squeeze(-1)


xt, yt = damped(2400)
xv, yv = damped(600)
m, s, my, sy = xt.mean(), xt.std(), yt.mean(), yt.std()
xt, xv, yt, yv = (xt - m) / s, (xv - m) / s, (yt - my) / sy, (yv - my) / sy
loader = DataLoader(TensorDataset(xt, yt), batch_size=15, shuffle=True)
net = Forecaster()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(16):
    net.train()
    opt.zero_grad()
    seen = 0.0
    for i, (x, y) in enumerate(loader, 1):
        loss = nn.functional.mse_loss(net(x), y)
        (loss / ACCUM).backward()
        seen += loss.item()
        if i % ACCUM == 0 or i == len(loader):
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            opt.zero_grad()
    net.eval()
    with torch.no_grad():
        r2 = 1 - nn.functional.mse_loss(net(xv), yv) / yv.var()
    print(f"epoch {epoch} mse {seen / len(loader):.4f} r2 {r2:.4f}")
