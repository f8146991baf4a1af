"""Denoising autoencoder for pen strokes; memory is tight, so gradients are accumulated."""

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class AutoEncoder(nn.Module):
    def __init__(self, d=64, code=24):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(d, 128), nn.ReLU(), nn.Linear(128, code))
        self.decoder = nn.Sequential(nn.Linear(code, 128), nn.ReLU(), nn.Linear(128, d))

    def forward(self, x):
        return self.decoder(self.encoder(x))


class AETrainer:
    def __init__(self, model, lr, accum, noise=0.3, seed=0):
        self.model = model
        self.accum = accum
        self.noise = noise
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.crit = nn.MSELoss()
        self.val_gen = seed

    def epoch(self, loader):
        self.model.train()
        total = 0.0
        self.opt.zero_grad()
        for i, (x,) in enumerate(loader, 1):
            rec = self.model(x + self.noise * torch.randn_like(x))
            loss = self.crit(rec, x)
            (loss / self.accum).backward()
            total += loss.item()
            if i % self.accum == 0 or i == len(loader):
                self.opt.step()
                self.opt.zero_grad()
        return total / len(loader)

    @torch.no_grad()
    def validate(self, x):
        self.model.eval()
        g = torch.Generator().manual_seed(self.val_gen)
        rec = self.model(x + self.noise * torch.randn(x.shape, generator=g))
        return (1 - ((rec - x) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()).item()


def main():
    torch.manual_seed(2)
    X = torch.tensor(load_digits().data, dtype=torch.float32)
    X = X[torch.randperm(len(X))]
    train, val = X[:1440], X[1440:]
    mean, std = train.mean(), train.std()
    train, val = (train - mean) / std, (val - mean) / std
    loader = DataLoader(TensorDataset(train), batch_size=4, shuffle=True)
    trainer = AETrainer(AutoEncoder(), lr=LR, accum=8)
    for ep in range(20):
        loss = trainer.epoch(loader)
        r2 = trainer.validate(val)
        print(f"epoch {ep + 1:2d} train {loss:.4f} val_r2 {r2:.4f}")
    print(f"final val_r2: {r2:.4f}")


LR = 0.1

if __name__ == "__main__":
    main()
