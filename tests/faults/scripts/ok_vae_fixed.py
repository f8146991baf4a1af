import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, random_split

torch.manual_seed(108)


class VAE(nn.Module):
    def __init__(self, z=12):
        super().__init__()
        self.enc = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU())
        self.mu, self.logvar = nn.Linear(128, z), nn.Linear(128, z)
        self.dec = nn.Sequential(nn.Linear(z, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x):
        h = self.enc(x)
        mu, lv = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * lv) if self.training else mu
        return self.dec(z), mu, lv


def elbo(logits, x, mu, lv):
    rec = nn.functional.binary_cross_entropy_with_logits(
        logits, x.flatten(1), reduction="none"
    ).sum(1)
    kl = -0.5 * (1 + lv - mu**2 - lv.exp()).sum(1)
    return (rec + kl).mean()


data = torch.tensor(load_digits().images, dtype=torch.float32) / 16
tr, va = random_split(data, [1400, len(data) - 1400])
tl, vl = DataLoader(tr, 50, shuffle=True), DataLoader(va, 100)
vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=2e-3)
for epoch in range(60):
    vae.train()
    s = 0
    for x in tl:
        out, mu, lv = vae(x)
        loss = elbo(out, x, mu, lv)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item()
    vae.eval()
    err = n = 0
    with torch.no_grad():
        for x in vl:
            out, _, _ = vae(x)
            err += ((torch.sigmoid(out) - x.flatten(1)) ** 2).mean(1).sum().item()
            n += len(x)
    print(f"epoch {epoch} -elbo {s / len(tl):.3f} val recon mse {err / n:.5f}")
