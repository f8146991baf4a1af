import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.default_rng(128)
        x = r.normal(size=(4000, 5))
        y = np.sin(1.5 * x[:, 0]) + 0.7 * x[:, 1] + 0.5 * x[:, 2] ** 2 + 0.45 * r.normal(size=4000)
        x = (x - x[:3200].mean(0)) / x[:3200].std(0)
        y = (y - y[:3200].mean()) / y[:3200].std()
        x, y = torch.tensor(x).float(), torch.tensor(y).float()
        self.tr, self.va = TensorDataset(x[:3200], y[:3200]), TensorDataset(x[3200:], y[3200:])

    def train_dataloader(self):
        return DataLoader(self.tr, 80, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 400)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        L.seed_everything(128, verbose=False)
        self.net = nn.Sequential(
            nn.Linear(5, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1)
        )

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, i):
        loss = nn.functional.huber_loss(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        p = self(x)
        self.log("val_loss", nn.functional.huber_loss(p, y))
        self.log("val_r2", 1 - ((p - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=2e-3, weight_decay=1e-4)
        sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=3, factor=0.5)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "monitor": "val_loss"}}
