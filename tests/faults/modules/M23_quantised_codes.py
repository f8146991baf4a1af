import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        p = torch.randperm(len(d.target), generator=torch.Generator().manual_seed(4))
        x, y = torch.tensor(d.data, dtype=torch.float32)[p] / 16, torch.tensor(d.target)[p]
        self.tr, self.va = TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=397)


class Quantise(nn.Module):
    """Codes with `levels` steps in [0, 1]."""

    def __init__(self, levels=4):
        super().__init__()
        self.k = levels - 1

    def forward(self, z):
        z = torch.sigmoid(z)
        q = torch.round(z * self.k) / self.k
        return q


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self, code=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, code))
        self.quant = Quantise()
        self.decoder = nn.Sequential(nn.Linear(code, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, x):
        return self.decoder(self.quant(self.encoder(x)))

    def training_step(self, batch, _):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        z = self(batch[0])
        self.log("val_loss", F.cross_entropy(z, batch[1]))
        self.log("val_acc", (z.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
