"""Ordinal rating 0..5 from chemistry (cumulative logits), gradient accumulation over 4 micro-batches."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

LEVELS = 6
ACCUM = 4


class Ratings(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        acid, sugar, alcohol = rng.normal(7, 1.2, n), rng.gamma(2, 2, n), rng.normal(11, 1.3, n)
        sulph, dens = rng.normal(0.6, 0.15, n), rng.normal(0.996, 0.002, n)
        latent = (
            0.9 * (alcohol - 11) / 1.3
            - 0.8 * np.abs(acid - 7)
            + 0.6 * (sulph - 0.6) / 0.15
            - 0.1 * (sugar - 4)
        )
        latent += rng.normal(0, 0.35, n)
        self.rating = np.digitize(latent, [-2.0, -1.2, -0.5, 0.2, 1.0])
        X = np.stack(
            [
                (acid - 7) / 1.2,
                (sugar - 4) / 2.8,
                (alcohol - 11) / 1.3,
                (sulph - 0.6) / 0.15,
                (dens - 0.996) / 0.002,
            ],
            1,
        )
        self.X = X.astype(np.float32)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        above = (self.rating[i] > np.arange(LEVELS - 1)).astype(np.float32)
        return self.X[i], above, self.rating[i]


class Coral(nn.Module):
    """One shared score and ordered thresholds."""

    def __init__(self, d):
        super().__init__()
        self.score = nn.Sequential(
            nn.Linear(d, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1, bias=False)
        )
        self.first = nn.Parameter(torch.tensor(2.0))
        self.gaps = nn.Parameter(torch.zeros(LEVELS - 2))

    def forward(self, x):
        steps = nn.functional.softplus(self.gaps).cumsum(0)
        bias = torch.cat([self.first[None], self.first - steps])
        return self.score(x) + bias


def main():
    torch.manual_seed(50)
    train = DataLoader(Ratings(1600, 1), batch_size=8, shuffle=True)
    valid = DataLoader(Ratings(400, 2), batch_size=400)
    model = Coral(5)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    bce = nn.BCEWithLogitsLoss()
    for epoch in range(12):
        model.train()
        optimizer.zero_grad()
        shown = 0.0
        for step, (x, above, _) in enumerate(train, 1):
            loss = bce(model(x), above)
            (loss / ACCUM).backward()
            shown += loss.item()
            if step % ACCUM == 0 or step == len(train):
                optimizer.step()
                optimizer.zero_grad()
        model.eval()
        with torch.no_grad():
            x, _, rating = next(iter(valid))
            pred = (model(x) > 0).sum(1)
            mae = (pred - rating).abs().float().mean().item()
            acc = (pred == rating).float().mean().item()
        print(f"epoch {epoch + 1}: loss {shown / len(train):.4f} val mae {mae:.3f} exact {acc:.3f}")
    trivial = (rating - rating.float().median()).abs().mean().item()
    print(f"MAE of the median rating {trivial:.3f}, MAE of the model {mae:.3f}")


main()
