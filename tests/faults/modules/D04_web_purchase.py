"""Will the session end in a purchase?  Page-view counts -> small MLP."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

N_PAGES = 12


def sessions(n, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    base = rng.gamma(2.0, 2.0, (n, N_PAGES))
    tilt = np.linspace(-0.5, 0.5, N_PAGES)
    rate = base * np.exp(tilt[None, :] * (2 * y[:, None] - 1))
    counts = rng.poisson(rate)
    return counts.astype(np.float64), y


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        c_tr, y_tr = sessions(2000, seed=11)
        c_va, y_va = sessions(600, seed=12)
        f_tr, f_va = np.log(c_tr), np.log(c_va)
        mean, std = f_tr.mean(axis=0), f_tr.std(axis=0)
        self.tr = self._wrap((f_tr - mean) / std, y_tr)
        self.va = self._wrap((f_va - mean) / std, y_va)

    @staticmethod
    def _wrap(f, y):
        return TensorDataset(torch.tensor(f, dtype=torch.float32), torch.tensor(y))

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(N_PAGES, 32),
            nn.LeakyReLU(0.1),
            nn.Dropout(0.2),
            nn.Linear(32, 2),
        )
        self.crit = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.body(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.crit(self(x), y)
        self.log("train_loss", loss, on_epoch=True)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.log_dict(
            {"val_loss": self.crit(out, y), "val_acc": (out.argmax(1) == y).float().mean()}
        )

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=1e-3)


if __name__ == "__main__":
    L.seed_everything(0)
    trainer = L.Trainer(
        max_epochs=Model.max_epochs, accelerator="cpu", logger=False, enable_checkpointing=False
    )
    trainer.fit(Model(), datamodule=Data())
