import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, window=24):
        super().__init__()
        self.window = window

    def setup(self, stage=None):
        rng = np.random.default_rng(6)
        t = np.arange(1500)
        s = (
            np.sin(2 * np.pi * t / 12.4)
            + 0.5 * np.sin(2 * np.pi * t / 25.8 + 1)
            + 0.3 * np.sin(2 * np.pi * t / 338)
        )
        s = (s + 0.08 * rng.normal(size=len(t))).astype("float32")
        s = (s - s[:1200].mean()) / s[:1200].std()
        x = torch.tensor(
            np.stack([s[i : i + self.window] for i in range(len(s) - self.window)])
        ).unsqueeze(-1)
        y = torch.tensor(s[self.window :]).unsqueeze(-1)
        self.train, self.val = TensorDataset(x[:1152], y[:1152]), TensorDataset(x[1200:], y[1200:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=8, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, accumulate=8):
        super().__init__()
        torch.manual_seed(6)
        self.automatic_optimization = False
        self.accumulate = accumulate
        self.rnn = nn.GRU(1, 24, batch_first=True)
        self.out = nn.Linear(24, 1)

    def forward(self, x):
        h, _ = self.rnn(x)
        return self.out(h[:, -1])

    def training_step(self, batch, batch_idx):
        x, y = batch
        opt = self.optimizers()
        loss = nn.functional.mse_loss(self(x), y)
        self.manual_backward(loss / self.accumulate)
        if (batch_idx + 1) % self.accumulate == 0:
            opt.step()
            opt.zero_grad()
        self.log("train_mse", loss)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_mse", nn.functional.mse_loss(self(x), y))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
