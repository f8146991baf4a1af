import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

L.seed_everything(0)


class Augmented(Dataset):
    def __init__(self, x, y, max_shift=1, noise=0.05, flip=0.0):
        self.x, self.y = x, y
        self.max_shift, self.noise, self.flip = max_shift, noise, flip

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        img = self.x[i]
        s = self.max_shift
        dx, dy = torch.randint(-s, s + 1, (2,)).tolist()
        img = torch.roll(img, (dx, dy), (1, 2))
        if torch.rand(()) < self.flip:
            img = img.flip(1)
        if torch.rand(()) < self.flip:
            img = img.flip(2)
        return img + self.noise * torch.randn_like(img), self.y[i]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        g = torch.Generator().manual_seed(12)
        p = torch.randperm(len(d.target), generator=g)
        x = torch.tensor(d.images, dtype=torch.float32)[p, None] / 16
        y = torch.tensor(d.target)[p]
        self.tr = Augmented(x[:1400], y[:1400], max_shift=1, noise=0.05, flip=0.0)
        self.va = torch.utils.data.TensorDataset(x[1400:], y[1400:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, 32, 3, padding=1)
        self.f1 = nn.Linear(128, 64)
        self.f2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(self.c1(x).relu(), 2)
        x = F.max_pool2d(self.c2(x).relu(), 2)
        return self.f2(self.f1(x.flatten(1)).relu())

    def training_step(self, b, _):
        out = self(b[0])
        loss = F.cross_entropy(out, b[1])
        self.log_dict(
            {"train_loss": loss, "train_acc": (out.argmax(1) == b[1]).float().mean()},
            on_epoch=True,
            on_step=False,
        )
        return loss

    def validation_step(self, b, _):
        out = self(b[0])
        self.log_dict(
            {
                "val_loss": F.cross_entropy(out, b[1]),
                "val_acc": (out.argmax(1) == b[1]).float().mean(),
            }
        )

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
