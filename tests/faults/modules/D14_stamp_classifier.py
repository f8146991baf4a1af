import torch
import torch.nn as nn
import torch.nn.functional as F
from lightning import LightningDataModule, LightningModule
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, Subset


class Stamps(Dataset):
    def __init__(self, augment):
        d = load_digits()
        self.x = torch.tensor(d.images / 16.0, dtype=torch.float32)[:, None]
        self.y = torch.tensor(d.target)
        self.augment = augment

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x = self.x[i]
        if self.augment:
            sy, sx = torch.randint(-1, 2, (2,)).tolist()
            x = torch.roll(x, (sy, sx), (1, 2))
            r, c = torch.randint(0, 6, (2,)).tolist()
            x = x.clone()
            x[:, r : r + 3, c : c + 3] = 0.0
            x = x + 0.15 * torch.randn_like(x)
        return (x - 0.3) / 0.38, self.y[i]


class Data(LightningDataModule):
    def __init__(self):
        super().__init__()
        full = Stamps(augment=True)
        perm = torch.randperm(len(full), generator=torch.Generator().manual_seed(6)).tolist()
        self.train_ds = Subset(full, perm[:1400])
        self.val_ds = Subset(full, perm[1400:])

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=100)


class Model(LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(6)
        self.conv = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.Conv2d(24, 48, 3, padding=1, bias=False),
            nn.BatchNorm2d(48),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.fc = nn.Linear(48 * 16, 10)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))

    def _step(self, batch, name):
        x, y = batch
        out = self(x)
        loss = F.cross_entropy(out, y)
        self.log(f"{name}_loss", loss, on_epoch=True, on_step=False)
        self.log(f"{name}_acc", (out.argmax(1) == y).float().mean(), on_epoch=True, on_step=False)
        return loss

    def training_step(self, batch, batch_idx):
        return self._step(batch, "train")

    def validation_step(self, batch, batch_idx):
        self._step(batch, "val")

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
