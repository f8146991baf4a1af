import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def scenes(n, seed):
    g = torch.Generator().manual_seed(seed)
    depth = F.interpolate(
        torch.rand(n, 1, 4, 4, generator=g), size=24, mode="bilinear", align_corners=True
    )
    shade = torch.cat([torch.exp(-2 * depth), depth.sqrt(), 1 - depth], 1)
    x = shade + 0.1 * torch.randn(n, 3, 24, 24, generator=g)
    return TensorDataset((x - 0.5) / 0.3, depth)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = scenes(320, 0), scenes(96, 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=48)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 1, 1),
        )
        self.history = []

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.l1_loss(self(x), y)
        self.log("train_mae", loss)
        return loss

    def on_train_batch_end(self, outputs, batch, batch_idx):
        x, y = batch
        with torch.no_grad():
            self.history.append(F.l1_loss(self(x), y))

    def on_train_epoch_end(self):
        self.log("refit_mae", torch.stack(self.history[-20:]).mean())

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_mae", F.l1_loss(self(x), y))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
