import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(3)
rs = np.random.RandomState(3)

N = 2400
ang = rs.uniform(0, 2 * np.pi, N)
k = rs.randint(0, 4, N)
rad = 0.5 + k * 0.6 + rs.normal(0, 0.08, N)
X = np.stack([rad * np.cos(ang), rad * np.sin(ang), rs.normal(0, 1, N)], 1).astype(np.float32)
y = (k + (ang > np.pi)) % 4
X /= X[:1800].std(0)


class MLP(nn.Module):
    def __init__(self, d_in, d_hid, d_out):
        super().__init__()
        self.l1 = nn.Linear(d_in, d_hid)
        self.l2 = nn.Linear(d_hid, d_hid)
        self.l3 = nn.Linear(d_hid, d_out)

    def forward(self, x):
        h = self.l1(x)
        h = F.relu(h)
        h = self.l2(h)
        h = F.relu(h)
        return self.l3(h)


Xt, Xv = torch.tensor(X[:1800]), torch.tensor(X[1800:])
yt, yv = torch.tensor(y[:1800]), torch.tensor(y[1800:])
model = MLP(3, 64, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(40):
    order = torch.randperm(1800)
    for i in range(0, 1800, 60):
        j = order[i : i + 60]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(Xt[j]), yt[j])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        out = model(Xv)
        print(
            f"{epoch:3d} | train {loss.item():.3f} | val loss {F.cross_entropy(out, yv).item():.3f} | val acc {(out.argmax(1) == yv).float().mean().item():.3f}"
        )
