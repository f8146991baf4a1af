import math

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(103)
rng = np.random.default_rng(103)
V, L = 16, 14


def make(n):
    s = rng.integers(2, V, (n, L))
    y = rng.integers(0, 4, n)
    for i in range(n):
        p, q = rng.choice(L, 2, replace=False)
        lo, hi = min(p, q), max(p, q)
        s[i, lo], s[i, hi] = [(0, 0), (0, 1), (1, 0), (1, 1)][y[i]]
    return TensorDataset(torch.from_numpy(s), torch.from_numpy(y))


class Encoder(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.tok = nn.Embedding(V, d)
        self.pos = nn.Parameter(torch.randn(1, L, d) * 0.1)
        layer = nn.TransformerEncoderLayer(d, 4, 96, dropout=0.0, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d)
        self.fc = nn.Linear(d, 4)

    def forward(self, s):
        h = self.enc(self.tok(s) + self.pos)
        return self.fc(self.norm(h.mean(1)))


EPOCHS = 14
train, val = DataLoader(make(3000), 64, shuffle=True), DataLoader(make(500), 250)
model = Encoder()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
total, warm = EPOCHS * len(train), 60
sched = torch.optim.lr_scheduler.LambdaLR(
    opt,
    lambda k: (
        (k + 1) / warm
        if k < warm
        else 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (k - warm) / (total - warm)))
    ),
)
for epoch in range(EPOCHS):
    model.train()
    acc_loss = 0
    for s, y in train:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(s), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        sched.step()
        acc_loss += loss.item()
    model.eval()
    with torch.no_grad():
        acc = np.mean([(model(s).argmax(1) == y).float().mean().item() for s, y in val])
    print(
        f"epoch {epoch} lr {sched.get_last_lr()[0]:.5f} loss {acc_loss / len(train):.4f} val acc {acc:.4f}"
    )
