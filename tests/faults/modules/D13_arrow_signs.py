import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def arrows(n, rng):
    base = np.zeros((13, 13), dtype=np.float32)
    base[3:11, 6] = 1
    for k in range(4):
        base[3 + k, 6 - k] = base[3 + k, 6 + k] = 1
    y = rng.integers(0, 4, n)
    x = np.stack([np.rot90(base, k) for k in y])
    dy, dx = rng.integers(-2, 3, n), rng.integers(-2, 3, n)
    x = np.stack([np.roll(a, (i, j), (0, 1)) for a, i, j in zip(x, dy, dx)])
    x = x + 0.35 * rng.normal(size=x.shape)
    return x.astype(np.float32), y


class Signs(Dataset):
    def __init__(self, x, y, transform=None):
        self.x, self.y, self.transform = (
            torch.from_numpy(x)[:, None],
            torch.from_numpy(y),
            transform,
        )

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x = self.x[i]
        if self.transform is not None:
            x = self.transform(x)
        return x, self.y[i]


def augment(x):
    if torch.rand(1) < 0.5:
        x = x.flip(-1)
    if torch.rand(1) < 0.5:
        x = x.flip(-2)
    return x


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(54)
        x, y = arrows(1800, rng)
        x = (x - x[:1400].mean()) / x[:1400].std()
        self.tr = Signs(x[:1400], y[:1400], augment)
        self.va = Signs(x[1400:], y[1400:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        L.seed_everything(54, verbose=False)
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 36, 4),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        loss = nn.functional.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, batch_idx):
        out = self(batch[0])
        self.log("val_loss", nn.functional.cross_entropy(out, batch[1]))
        self.log("val_acc", (out.argmax(-1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
