import lightning as L
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SPECIES = 5


def load_scans(n=1500, seed=31):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(SPECIES, 14))
    species = rng.integers(0, SPECIES, n)
    scans = {
        f"scan_{i}": centres[s] + rng.normal(scale=0.9, size=14) for i, s in enumerate(species)
    }
    return scans, species


class Data(L.LightningDataModule):
    def prepare(self):
        scans, species = load_scans()
        names = sorted(scans)
        x = torch.tensor(np.stack([scans[k] for k in names]), dtype=torch.float32)
        y = torch.tensor(species)
        return x, y

    def setup(self, stage=None):
        x, y = self.prepare()
        perm = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
        tr, va = perm[:1200], perm[1200:]
        self.train_set = TensorDataset(x[tr], y[tr])
        self.val_set = TensorDataset(x[va], y[va])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        torch.manual_seed(31)
        self.net = nn.Sequential(
            nn.Linear(14, 48), nn.ReLU(), nn.Dropout(0.1), nn.Linear(48, SPECIES)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss, on_epoch=True)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3, weight_decay=1e-4)
