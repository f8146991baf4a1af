import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
STEPS, BATCH, Z = 1200, 128, 4


def real(n):
    a = torch.rand(n, 1) * 6.2832
    r = 1 + 0.05 * torch.randn(n, 1)
    return torch.cat([r * a.cos(), r * a.sin()], 1)


G = nn.Sequential(nn.Linear(Z, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
D = nn.Sequential(
    nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
)
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
opt_d = torch.optim.Adam(D.parameters(), lr=3e-3, betas=(0.0, 0.9))
one, zero = torch.full((BATCH, 1), 0.9), torch.zeros(BATCH, 1)

for step in range(STEPS):
    fake = G(torch.randn(BATCH, Z))
    d_loss = F.binary_cross_entropy_with_logits(
        D(real(BATCH)), one
    ) + F.binary_cross_entropy_with_logits(D(fake.detach()), zero)
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()

    g_loss = F.binary_cross_entropy_with_logits(D(fake), torch.ones(BATCH, 1))
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()

    if step % 300 == 299:
        with torch.no_grad():
            s = G(torch.randn(2000, Z))
            radius_err = (s.norm(dim=1) - 1).abs().mean()
            hist = torch.histc(torch.atan2(s[:, 1], s[:, 0]), 12, -3.1416, 3.1416) / 2000
            uneven = (hist - 1 / 12).abs().sum() / 2
        print(
            f"step {step + 1} d {d_loss.item():.3f} g {g_loss.item():.3f} radius err {radius_err:.3f}"
        )
        print(f"val score {radius_err + uneven:.4f}")
