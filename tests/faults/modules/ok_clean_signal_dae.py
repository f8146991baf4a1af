import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(73)
        t = np.linspace(0, 1, 40)
        f, a, p = (
            rng.uniform(1, 4, (1500, 1)),
            rng.uniform(0.6, 1.6, (1500, 1)),
            rng.uniform(0, 6.28, (1500, 1)),
        )
        x = torch.tensor(a * np.sin(2 * np.pi * f * t + p), dtype=torch.float32)[:, None]
        x = x / x[:1200].std()
        g = torch.Generator().manual_seed(73)
        noisy_val = x[1200:] + 0.5 * torch.randn(300, 1, 40, generator=g)
        self.tr, self.va = TensorDataset(x[:1200]), TensorDataset(noisy_val, x[1200:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=150)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(1, 24, 7, padding=3),
            nn.ReLU(),
            nn.Conv1d(24, 24, 7, padding=6, dilation=2),
            nn.ReLU(),
            nn.Conv1d(24, 24, 7, padding=12, dilation=4),
            nn.ReLU(),
            nn.Conv1d(24, 1, 1),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x = batch[0]
        loss = F.mse_loss(self(x + 0.5 * torch.randn_like(x)), x)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        noisy, x = batch
        mse = F.mse_loss(self(noisy), x)
        self.log("val_loss", mse)
        self.log("val_r2", 1 - mse / x.var())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=3e-3)
        sch = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=3, factor=0.5)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sch, "monitor": "val_loss"}}
