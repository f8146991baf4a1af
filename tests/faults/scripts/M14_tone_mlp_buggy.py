import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(1)
rng = np.random.default_rng(1)


def make(n):
    k = rng.integers(0, 6, n)
    t = np.arange(48) / 48
    f = 2 + 1.1 * k + rng.normal(0, 0.12, n)
    a = rng.uniform(0.7, 1.3, n)
    w = a[:, None] * np.sin(2 * np.pi * f[:, None] * t + rng.uniform(0, 2, (n, 1)))
    w += 0.35 * rng.normal(size=w.shape)
    return torch.tensor(w, dtype=torch.float32), torch.tensor(k)


class Tone(nn.Module):
    def __init__(self, width=160):
        super().__init__()
        dims = [48, width, width, width]
        self.body = nn.ModuleList([nn.Linear(a, b) for a, b in zip(dims[:-1], dims[1:])])
        self.out = nn.Linear(width, 6)
        self.reset()

    def reset(self):
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0.0, std=1.0)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        for layer in self.body:
            x = torch.tanh(layer(x))
        return self.out(x)


class Trainer:
    def __init__(self, model, lr=1e-3, epochs=25, batch=50):
        self.model, self.epochs, self.batch = model, epochs, batch
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)

    def train_epoch(self, x, y):
        self.model.train()
        losses = []
        for b in torch.randperm(len(x)).split(self.batch):
            loss = F.cross_entropy(self.model(x[b]), y[b])
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            losses.append(loss.item())
        return float(np.mean(losses))

    @torch.no_grad()
    def evaluate(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(1) == y).float().mean().item()

    def fit(self, train, val):
        for e in range(self.epochs):
            l = self.train_epoch(*train)
            print(f"{e:3d} loss {l:.4f}")
            print(f"val accuracy {self.evaluate(*val):.4f}")


train, val = make(2000), make(600)
Trainer(Tone()).fit(train, val)
