import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


class DigitSet(Dataset):
    def __init__(self, x, y, augment=False):
        self.x, self.y, self.augment = x, y, augment

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        img = self.x[i]
        if self.augment:
            dx, dy = torch.randint(-1, 2, (2,)).tolist()
            img = torch.roll(img, (dy, dx), (1, 2))
            r, c = torch.randint(0, 6, (2,)).tolist()
            img = img.clone()
            img[:, r : r + 3, c : c + 3] = 0
            img = img + 0.15 * torch.randn_like(img)
        return img, self.y[i]


class Data(L.LightningDataModule):
    def __init__(self, augment=True):
        super().__init__()
        self.augment = augment

    def setup(self, stage=None):
        d = load_digits()
        x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
        y = torch.tensor(d.target)
        p = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
        self.train_set = DigitSet(x[p[:1400]], y[p[:1400]], self.augment)
        self.val_set = DigitSet(x[p[1400:]], y[p[1400:]], self.augment)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 14

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(512, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        o = self(batch[0])
        self.log("val_loss", F.cross_entropy(o, batch[1]))
        self.log("val_acc", (o.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
