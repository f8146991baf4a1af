"""Two-layer graph network on one citation-like graph, semi-supervised."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

rng = np.random.default_rng(0)
n, k = 300, 3
group = rng.integers(0, k, n)
prob = np.where(group[:, None] == group[None, :], 0.06, 0.006)
A = np.triu(rng.random((n, n)) < prob, 1)
A = (A | A.T).astype(np.float32) + np.eye(n, dtype=np.float32)
D = A.sum(1) ** -0.5
A_hat = torch.tensor(A * D[:, None] * D[None, :])
x = torch.tensor(np.eye(k)[group] + rng.normal(0, 1.0, (n, k)), dtype=torch.float32)
y = torch.tensor(group)
order = torch.tensor(rng.permutation(n))
train_idx, val_idx = order[:120], order[120:]


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1, self.w2 = nn.Linear(3, 16), nn.Linear(16, 3)

    def forward(self, x, adj):
        h = F.relu(adj @ self.w1(x))
        h = F.dropout(h, 0.3, self.training)
        return adj @ self.w2(h)


torch.manual_seed(0)
model = GCN()
opt = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
for epoch in range(150):
    model.train()
    opt.zero_grad()
    out = model(x, A_hat)
    loss = F.cross_entropy(out[train_idx], y[train_idx])
    loss.backward()
    opt.step()
    if epoch % 30 == 0:
        model.eval()
        with torch.no_grad():
            acc = (model(x, A_hat)[val_idx].argmax(1) == y[val_idx]).float().mean()
        print(epoch, loss.item(), acc.item())
