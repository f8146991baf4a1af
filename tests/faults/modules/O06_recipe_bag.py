import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

INGREDIENTS, CUISINES = 300, 7


def recipes(n, seed):
    base = np.random.default_rng(99).dirichlet(np.full(INGREDIENTS, 0.3), CUISINES)
    base = 0.7 * base + 0.3 / INGREDIENTS
    rng = np.random.default_rng(seed)
    y = rng.integers(0, CUISINES, n)
    x = np.stack([rng.choice(INGREDIENTS, 9, p=base[k]) for k in y])
    return TensorDataset(torch.tensor(x), torch.tensor(y))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = recipes(2500, 1), recipes(600, 2)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, dim=8):
        super().__init__()
        torch.manual_seed(7)
        self.emb = nn.Embedding(INGREDIENTS, dim)
        self.head = nn.Sequential(nn.Linear(dim, 32), nn.ReLU(), nn.Linear(32, CUISINES))

    def forward(self, x):
        return self.head(self.emb(x).mean(1))

    def training_step(self, batch, idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.head.parameters(), lr=3e-3)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, T_max=self.max_epochs, eta_min=3e-4
        )
        return [optimizer], [scheduler]
