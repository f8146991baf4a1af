import copy

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(6)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_classification(
            3000, 25, n_informative=12, n_classes=3, class_sep=1.6, flip_y=0.05, random_state=6
        )
        a, b, c, d = train_test_split(X, y, test_size=0.2, stratify=y, random_state=6)
        sc = StandardScaler().fit(a)
        f = lambda v: torch.tensor(sc.transform(v), dtype=torch.float32)
        self.tr, self.va = (
            TensorDataset(f(a), torch.tensor(c)),
            TensorDataset(f(b), torch.tensor(d)),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 600)


class Model(L.LightningModule):
    max_epochs = 20
    decay = 0.98

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(25, 96),
            nn.GELU(),
            nn.Dropout(0.2),
            nn.Linear(96, 48),
            nn.GELU(),
            nn.Linear(48, 3),
        )
        self.ema = copy.deepcopy(self.net).requires_grad_(False)

    def forward(self, x):
        return self.net(x) if self.training else self.ema(x)

    def training_step(self, b, _):
        loss = F.cross_entropy(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    @torch.no_grad()
    def on_train_batch_end(self, *args):
        for e, p in zip(self.ema.parameters(), self.net.parameters()):
            e.lerp_(p, 1 - self.decay)

    def validation_step(self, b, _):
        z = self(b[0])
        self.log("val_loss", F.cross_entropy(z, b[1]))
        self.log("val_acc", (z.argmax(1) == b[1]).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.net.parameters(), lr=2e-3)
