import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class VAE(nn.Module):
    def __init__(self, d_in=64, hidden=128, latent=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(d_in, hidden), nn.ReLU())
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)
        self.dec = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, d_in))

    def reparameterize(self, mu, logvar):
        if not self.training:
            return mu
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        return self.dec(self.reparameterize(mu, logvar)), mu, logvar


def elbo_loss(logits, x, mu, logvar, beta=1.0):
    """Negative ELBO: summed over pixels, averaged over the batch."""
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kld = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
    return rec + beta * kld, rec, kld


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    rec = n = err = 0
    for (x,) in loader:
        logits, mu, logvar = model(x)
        rec += elbo_loss(logits, x, mu, logvar)[1].item() * len(x)
        err += (torch.sigmoid(logits) - x).pow(2).mean().item() * len(x)
        n += len(x)
    return rec / n, err / n


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=15)
    ap.add_argument("--lr", type=float, default=2e-3)
    args = ap.parse_args([])
    torch.manual_seed(7)
    x = torch.tensor(load_digits().data / 16.0, dtype=torch.float32)
    train, test = random_split(TensorDataset(x), [1500, len(x) - 1500])
    train_loader = DataLoader(train, batch_size=50, shuffle=True)
    test_loader = DataLoader(test, batch_size=300)
    model = VAE()
    opt = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        model.train()
        for (xb,) in train_loader:
            logits, mu, logvar = model(xb)
            loss, rec, kld = elbo_loss(logits, xb, mu, logvar)
            opt.zero_grad()
            loss.backward()
            opt.step()
        nll, err = evaluate(model, test_loader)
        print(
            f"epoch {epoch} loss {loss.item():.2f} (rec {rec.item():.2f}, kl {kld.item():.2f}) test rec {nll:.2f}"
        )
    variance = x.var(0).mean().item()
    print("explained variance", 1 - err / variance)


if __name__ == "__main__":
    main()
