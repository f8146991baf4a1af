"""Rare-event detection (about 4% positives). Oversampling in training, natural rate in validation, average precision."""

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import QuantileTransformer
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = make_classification(
            n_samples=9000,
            n_features=15,
            n_informative=8,
            n_redundant=3,
            weights=[0.96],
            class_sep=1.7,
            flip_y=0.004,
            n_clusters_per_class=2,
            random_state=31,
        )
        xt, xv, yt, yv = train_test_split(x, y, test_size=0.33, stratify=y, random_state=1)
        qt = QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=0).fit(
            xt
        )
        conv = lambda a, b: TensorDataset(
            torch.tensor(qt.transform(a)).float().clamp(-4, 4), torch.tensor(b).float()
        )
        self.tr, self.va = conv(xt, yt), conv(xv, yv)

    def train_dataloader(self):
        y = self.tr.tensors[1]
        pos = y.mean()
        # one positive for every three negatives
        w = torch.where(y > 0, 0.25 / pos, 0.75 / (1 - pos))
        sampler = WeightedRandomSampler(w, num_samples=len(y), replacement=True)
        return DataLoader(self.tr, batch_size=128, sampler=sampler)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=1024, shuffle=False)


class Model(L.LightningModule):
    def __init__(self, gamma=1.0):
        super().__init__()
        self.gamma = gamma
        self.mlp = nn.Sequential(
            nn.Linear(15, 64),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(64, 32),
            nn.ReLU(),
            nn.Linear(32, 1),
        )
        self.buf = []

    def focal(self, z, y):
        bce = F.binary_cross_entropy_with_logits(z, y, reduction="none")
        pt = torch.exp(-bce)
        return ((1 - pt) ** self.gamma * bce).mean()

    def forward(self, x):
        return self.mlp(x).squeeze(1)

    def training_step(self, batch, _):
        x, y = batch
        loss = self.focal(self(x), y)
        self.log("train_loss", loss)
        return loss

    def on_validation_epoch_start(self):
        self.buf = []

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.buf.append((z.cpu(), y.cpu()))
        self.log("val_loss", self.focal(z, y))

    def on_validation_epoch_end(self):
        z = torch.cat([a for a, _ in self.buf]).numpy()
        y = torch.cat([b for _, b in self.buf]).numpy()
        self.log("val_ap", float(average_precision_score(y, z)), prog_bar=True)
        self.log("val_auc", float(roc_auc_score(y, z)))

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=1e-3, weight_decay=1e-2)
        return {
            "optimizer": opt,
            "lr_scheduler": {"scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(opt, 15)},
        }
