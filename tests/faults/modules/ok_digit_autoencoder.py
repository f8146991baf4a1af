import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

L.seed_everything(0)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
        x = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(1))]
        self.train, self.val = x[:1400], x[1400:]

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=len(self.val))


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self, code=12):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, code))
        self.dec = nn.Sequential(nn.Linear(code, 64), nn.ReLU(), nn.Linear(64, 64))
        self.rec = nn.MSELoss(reduction="mean")

    def forward(self, x):
        return self.dec(self.enc(x))

    def training_step(self, x, i):
        loss = self.rec(self(x), x)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, x, i):
        r = self(x)
        self.log("val_loss", self.rec(r, x))
        self.log("val_explained", 1 - (r - x).pow(2).sum() / (x - x.mean(0)).pow(2).sum())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2, momentum=0.9)
