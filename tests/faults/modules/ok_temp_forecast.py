import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

L.seed_everything(9)
WINDOW = 24


def series(n=1600):
    r = np.random.RandomState(4)
    t = np.arange(n)
    s = 12 + 8 * np.sin(2 * np.pi * t / 24) + 4 * np.sin(2 * np.pi * t / 170) + r.randn(n) * 0.7
    return s.astype("float32")


class Windows(Dataset):
    def __init__(self, s):
        self.s = torch.from_numpy(s)

    def __len__(self):
        return len(self.s) - WINDOW

    def __getitem__(self, i):
        return self.s[i : i + WINDOW, None], self.s[i + WINDOW]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        s = series()
        cut = 1250
        mu, sd = s[:cut].mean(), s[:cut].std()
        self.train = Windows((s[:cut] - mu) / sd)
        self.val = Windows((s[cut:] - mu) / sd)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=64)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 32, num_layers=1, batch_first=True)
        self.out = nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        h0 = torch.zeros(1, x.size(0), 32, device=x.device)
        _, hn = self.gru(x, h0)
        return self.out(hn[-1]).squeeze(-1)

    def step(self, batch, name):
        x, y = batch
        loss = nn.functional.mse_loss(self(x), y)
        self.log(f"{name}_mse", loss, on_epoch=True, prog_bar=True)
        return loss

    def training_step(self, batch, _):
        return self.step(batch, "train")

    def validation_step(self, batch, _):
        self.step(batch, "val")

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=5e-3)
        return [opt], [torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=self.max_epochs)]
