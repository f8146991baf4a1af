import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MulticlassAccuracy

L.seed_everything(0)

SIZE = 14


def paint(n, rng):
    """Discs and crosses in two colours on coloured noise: four classes. Images as a camera gives them (n, h, w, 3)."""
    img = rng.normal(0.5, 0.22, (n, SIZE, SIZE, 3))
    shape, tone = rng.integers(0, 2, n), rng.integers(0, 2, n)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    colours = np.array([[0.45, 0.0, -0.3], [-0.3, 0.0, 0.45]])
    for i in range(n):
        cy, cx = rng.integers(3, SIZE - 3, 2)
        if shape[i] == 0:
            m = (yy - cy) ** 2 + (xx - cx) ** 2 <= 5
        else:
            m = (abs(yy - cy) == abs(xx - cx)) & (abs(yy - cy) <= 3)
        img[i][m] += colours[tone[i]]
    return img.clip(0, 1).astype(np.float32), 2 * shape + tone


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(33)
        img, y = paint(2000, rng)
        x = torch.from_numpy(img)
        x = x.reshape(-1, 3, SIZE, SIZE)
        x = (x - 0.5) / 0.25
        y = torch.from_numpy(y)
        self.train = TensorDataset(x[:1600], y[:1600])
        self.val = TensorDataset(x[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, width=16):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, width, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
        )
        self.head = nn.Linear(2 * width, 4)
        self.loss_fn = nn.CrossEntropyLoss()
        self.val_acc = MulticlassAccuracy(4, average="micro")

    def forward(self, x):
        return self.head(self.backbone(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss_fn(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.val_acc.update(out, y)
        self.log("val_loss", self.loss_fn(out, y))
        self.log("val_acc", self.val_acc)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
