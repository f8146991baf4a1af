import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def measure(n, shots, rng):
    y = rng.integers(0, 4, n)
    grid = np.linspace(0, 1, 40)
    a = np.array([0.25, 0.35, 0.25, 0.35])[y][:, None]
    b = np.array([0.6, 0.6, 0.7, 0.7])[y][:, None]
    clean = np.exp(-(((grid - a) / 0.05) ** 2)) + 0.8 * np.exp(-(((grid - b) / 0.05) ** 2))
    return clean[:, None] + 1.4 * rng.normal(size=(n, shots, 40)), y


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(52)
        frames, y = measure(2000, 16, rng)
        x = frames[:, 0]
        x = (x - x[:1500].mean()) / x[:1500].std()
        x = torch.tensor(x[:, None], dtype=torch.float32)
        y = torch.tensor(y)
        self.tr = TensorDataset(x[:1500], y[:1500])
        self.va = TensorDataset(x[1500:], y[1500:])

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 250)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, ch=24):
        super().__init__()
        torch.manual_seed(52)
        self.f = nn.Sequential(
            nn.Conv1d(1, ch, 7, padding=3),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(ch, ch, 5, padding=2),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.out = nn.Linear(ch * 20, 4)
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.out(self.f(x))

    def training_step(self, b, i):
        return self.loss(self(b[0]), b[1])

    def validation_step(self, b, i):
        out = self(b[0])
        self.log("val_loss", self.loss(out, b[1]))
        self.log("val_acc", (out.argmax(1) == b[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-4, weight_decay=1e-4)
