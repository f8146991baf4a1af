import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(8)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = load_digits(return_X_y=True)
        a, b, c, d = train_test_split(X / 16.0, y, test_size=0.2, stratify=y, random_state=8)
        f = lambda v: torch.tensor(v, dtype=torch.float32)
        self.tr, self.va = (
            TensorDataset(f(a), torch.tensor(c)),
            TensorDataset(f(b), torch.tensor(d)),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, 128, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 360)


class RandomFourier(nn.Module):
    def __init__(self, i, o, gamma=0.4):
        super().__init__()
        self.register_buffer("W", gamma * torch.randn(i, o))
        self.register_buffer("b", 6.2832 * torch.rand(o))

    def forward(self, x):
        return torch.cos(x @ self.W + self.b)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.backbone = RandomFourier(64, 600)
        self.head = nn.Linear(600, 10)

    def forward(self, x):
        with torch.no_grad():
            h = self.backbone(x)
        return self.head(h)

    def training_step(self, b, _):
        loss = F.cross_entropy(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        z = self(b[0])
        self.log("val_loss", F.cross_entropy(z, b[1]))
        self.log("val_acc", (z.argmax(1) == b[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.head.parameters(), lr=0.15, momentum=0.9)
