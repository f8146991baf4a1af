import lightning as L
import numpy as np
import torch
import torchmetrics
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def draw(n, rng):
    imgs = rng.normal(0, 0.3, (n, 1, 16, 16))
    lab = rng.integers(0, 4, n)
    yy, xx = np.mgrid[:16, :16]
    for i in range(n):
        cx, cy, r = rng.integers(5, 11), rng.integers(5, 11), rng.integers(3, 5)
        if lab[i] == 0:
            m = (xx - cx) ** 2 + (yy - cy) ** 2 <= r * r
        elif lab[i] == 1:
            m = (
                (abs(xx - cx) <= r)
                & (abs(yy - cy) <= r)
                & ~((abs(xx - cx) < r) & (abs(yy - cy) < r))
            )
        elif lab[i] == 2:
            m = (abs(xx - cx) <= r) & (abs(yy - cy) <= 1)
        else:
            m = ((xx - cx) == (yy - cy)) & (abs(xx - cx) <= r) | ((xx - cx) == (cy - yy)) & (
                abs(xx - cx) <= r
            )
        imgs[i, 0][m] += 1.0
    return torch.tensor(imgs, dtype=torch.float32), torch.tensor(lab)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(10)
        self.tr, self.va = TensorDataset(*draw(1200, rng)), TensorDataset(*draw(300, rng))

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self, lr=0.002):
        super().__init__()
        self.save_hyperparameters()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.classifier = nn.Sequential(nn.Linear(24 * 16, 48), nn.ReLU(), nn.Linear(48, 4))
        self.acc = torchmetrics.Accuracy(task="multiclass", num_classes=4)

    def forward(self, x):
        return self.classifier(self.features(x))

    def training_step(self, batch, _):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        out = self(batch[0])
        self.acc(out, batch[1])
        self.log("val_loss", F.cross_entropy(out, batch[1]))
        self.log("val_acc", self.acc)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)
