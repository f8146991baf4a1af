import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    noise = 0.1

    def setup(self, stage=None):
        d = load_digits()
        x = (torch.tensor(d.images, dtype=torch.float32)[:, None] / 16 - 0.305) / 0.376
        y = torch.tensor(d.target)
        p = torch.randperm(len(x), generator=torch.Generator().manual_seed(2))
        self.tr, self.va = (
            TensorDataset(x[p[:1397]], y[p[:1397]]),
            TensorDataset(x[p[1397:]], y[p[1397:]]),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=200)

    def on_after_batch_transfer(self, batch, dataloader_idx):
        x, y = batch
        if self.trainer.training:
            x = x + self.noise * torch.randn_like(x)
        return x, y


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
        )
        self.fc = nn.Linear(32 * 16, 10)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))

    def training_step(self, batch, i):
        x, y = batch
        out = self(x)
        loss = F.cross_entropy(out, y)
        self.log("train_loss", loss)
        self.log("train_acc", (out.argmax(1) == y).float().mean(), on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
