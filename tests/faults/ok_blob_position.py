"""Where is the red blob, not the blue one? Image to two coordinates."""

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def blobs(n, seed):
    rng = np.random.RandomState(seed)
    centre, other = rng.uniform(2, 9, (2, n, 2))
    grid = np.stack(np.meshgrid(np.arange(12), np.arange(12), indexing="ij"), -1)
    images = 0.15 * rng.randn(n, 12, 12, 3)
    for position, colour in ((centre, [1.0, 0.2, 0.1]), (other, [0.1, 0.2, 1.0])):
        distance = ((grid[None] - position[:, None, None]) ** 2).sum(-1)
        images += np.exp(-distance / 3)[..., None] * colour
    return images.astype("float32"), ((centre - 5.5) / 3.5).astype("float32")


class Data(L.LightningDataModule):
    def train_dataloader(self):
        x, y = blobs(300, 0)
        x = torch.tensor(x).permute(0, 3, 1, 2)
        return DataLoader(TensorDataset(x, torch.tensor(y)), batch_size=20, shuffle=True)

    def val_dataloader(self):
        x, y = blobs(300, 1)
        x = torch.tensor(x).permute(0, 3, 1, 2)
        return DataLoader(TensorDataset(x, torch.tensor(y)), batch_size=300)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Flatten(),
        )
        self.regressor = nn.Linear(16 * 9, 2)

    def forward(self, img):
        return self.regressor(self.encoder(img))

    def training_step(self, batch, batch_idx):
        img, pos = batch
        return F.mse_loss(self(img), pos)

    def validation_step(self, batch, batch_idx):
        img, pos = batch
        err = ((self(img) - pos) ** 2).mean()
        self.log("val_r2", 1 - err / pos.var())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3)
