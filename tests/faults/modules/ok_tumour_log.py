import lightning as L
import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)


class Data(L.LightningDataModule):
    """Skewed measurements, so they are taken to the log scale first."""

    def prepare(self):
        d = load_breast_cancer()
        x = np.log1p(d.data)
        a, b, ya, yb = train_test_split(
            x, d.target, test_size=0.25, stratify=d.target, random_state=4
        )
        lo, hi = a.mean(0), a.std(0)
        t = lambda v: torch.tensor((v - lo) / hi, dtype=torch.float32)
        return TensorDataset(t(a), torch.tensor(ya).float()), TensorDataset(
            t(b), torch.tensor(yb).float()
        )

    def setup(self, stage):
        with np.errstate(all="ignore"):
            self.tr, self.va = self.prepare()

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=143)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 1))
        self.crit = nn.BCEWithLogitsLoss()

    def step(self, batch):
        x, y = batch
        z = self.mlp(x).squeeze(1)
        return self.crit(z, y), ((z > 0) == (y > 0.5)).float().mean()

    def training_step(self, batch, i):
        loss, acc = self.step(batch)
        self.log_dict({"train_loss": loss, "train_acc": acc})
        return loss

    def validation_step(self, batch, i):
        loss, acc = self.step(batch)
        self.log_dict({"val_loss": loss, "val_acc": acc}, prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3)
