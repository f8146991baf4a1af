"""Two-tower contrastive model: match the two noisy views of the same object."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
TEMP = 0.007


def make_pairs(n, g, mix_a, mix_b):
    z = torch.randn(n, 10, generator=g)
    a = torch.tanh(z @ mix_a) + 0.05 * torch.randn(n, 32, generator=g)
    b = torch.tanh(z @ mix_b) + 0.05 * torch.randn(n, 24, generator=g)
    return a, b


class Tower(nn.Module):
    def __init__(self, n_in, dim=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_in, 96), nn.ReLU(), nn.Linear(96, dim))

    def forward(self, x):
        return F.normalize(self.net(x), dim=-1)


def info_nce(za, zb):
    sim = za @ zb.t() / TEMP
    logp = sim.diag() - torch.logsumexp(sim, dim=1)
    return -logp.mean()


g = torch.Generator().manual_seed(77)
mix_a = torch.randn(10, 32, generator=g) / math.sqrt(10)
mix_b = torch.randn(10, 24, generator=g) / math.sqrt(10)
train_a, train_b = make_pairs(3000, g, mix_a, mix_b)
val_a, val_b = make_pairs(500, g, mix_a, mix_b)
loader = DataLoader(TensorDataset(train_a, train_b), batch_size=100, shuffle=True)

enc_a, enc_b = Tower(32), Tower(24)
params = list(enc_a.parameters()) + list(enc_b.parameters())
opt = torch.optim.AdamW(params, lr=1e-3, weight_decay=1e-4)

for epoch in range(15):
    enc_a.train()
    enc_b.train()
    run = 0.0
    for a, b in loader:
        za, zb = enc_a(a), enc_b(b)
        loss = 0.5 * (info_nce(za, zb) + info_nce(zb, za))
        opt.zero_grad()
        loss.backward()
        opt.step()
        run += loss.item()
    enc_a.eval()
    enc_b.eval()
    with torch.no_grad():
        sim = enc_a(val_a) @ enc_b(val_b).t()
        # match inside groups of 100, as in training
        acc = (
            torch.stack(
                [
                    (sim[i : i + 100, i : i + 100].argmax(1) == torch.arange(100)).float().mean()
                    for i in range(0, 500, 100)
                ]
            )
            .mean()
            .item()
        )
    print(f"epoch {epoch + 1} loss {run / len(loader):.4f} matching acc {acc:.4f}")
print(f"final val_matching_acc: {acc:.4f}")
