import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Trainer:
    def __init__(self, model, lr, epochs):
        self.model = model
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)
        self.loss = nn.MSELoss()
        self.epochs = epochs
        self.history = {"train": [], "val": []}

    def train(self, loader):
        self.model.train()
        total = 0.0
        for x, y in loader:
            self.opt.zero_grad()
            loss = self.loss(self.model(x), y)
            loss.backward()
            self.opt.step()
            total += loss.item() * len(x)
        self.history["train"].append(total / len(loader.dataset))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total, ys = 0.0, []
        for x, y in loader:
            total += self.loss(self.model(x), y) * len(x)
            ys.append(y)
        val = total / len(loader.dataset)
        self.history["val"].append(val)
        return 1 - float(val) / torch.cat(ys).var().item()

    def fit(self, tr, va):
        for e in range(self.epochs):
            self.train(tr)
            r2 = self.evaluate(va)
            print(f"epoch {e} train {self.history['train'][-1]:.4f} val r2 {r2:.4f}")


def data(n, rng):
    x = rng.normal(size=(n, 3, 32)).astype(np.float32)
    y = x[:, 0, :16].mean(1) * 4 + np.abs(x[:, 1]).max(1) - 2.2 + rng.normal(0, 0.1, n)
    return TensorDataset(torch.tensor(x), torch.tensor(y, dtype=torch.float32)[:, None])


if __name__ == "__main__":
    torch.manual_seed(45)
    rng = np.random.default_rng(45)
    tr = DataLoader(data(1600, rng), batch_size=50, shuffle=True)
    va = DataLoader(data(400, rng), batch_size=100)
    model = nn.Sequential(
        nn.Conv1d(3, 24, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(24, 24, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(24 * 16, 32),
        nn.ReLU(),
        nn.Linear(32, 1),
    )
    Trainer(model, 2e-3, 15).fit(tr, va)
