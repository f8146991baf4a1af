import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

L.seed_everything(11)


class Swipes(Dataset):
    CLASSES = ("left", "right", "tap")

    def __init__(self, n, seed, augment=False):
        g = torch.Generator().manual_seed(seed)
        self.y = torch.randint(0, 3, (n,), generator=g)
        t = torch.linspace(-1, 1, 32)
        slope = torch.where(self.y == 0, -1.0, 1.0)[:, None] * t
        tap = torch.exp(-((t - 0.4 * torch.randn(n, 1, generator=g)) ** 2) / 0.05)
        x = torch.where((self.y == 2)[:, None], tap, slope)
        self.x = (x + 0.4 * torch.randn(n, 32, generator=g)).unsqueeze(1)
        self.augment = augment

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x = self.x[i]
        if self.augment:
            x = x * (0.8 + 0.4 * torch.rand(1))
            if torch.rand(1) < 0.5:
                x = x + 0.1 * torch.randn_like(x)
        return x, self.y[i]


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Swipes(1000, 0, augment=True), batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(Swipes(400, 1), batch_size=100)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(1, 16, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 16, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Flatten(),
            nn.Linear(16 * 8, 3),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log("val_loss", F.cross_entropy(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
