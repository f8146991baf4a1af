import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


class Windows(Dataset):
    def __init__(self, s, w=28, horizon=4):
        self.s, self.w, self.h = torch.tensor(s, dtype=torch.float32), w, horizon

    def __len__(self):
        return len(self.s) - self.w - self.h + 1

    def __getitem__(self, i):
        return self.s[i : i + self.w, None], self.s[i + self.w : i + self.w + self.h]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(75)
        t = np.arange(1900)
        s = (
            40
            + 6 * np.sin(2 * np.pi * t / 14)
            + 3 * np.cos(2 * np.pi * t / 7)
            + rng.normal(0, 1.2, 1900)
        )
        cut = 1500
        s = (s - s[:cut].mean()) / s[:cut].std()
        self.tr, self.va = Windows(s[:cut]), Windows(s[cut:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=369)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 32, batch_first=True)
        self.fc = nn.Linear(32, 4)

    def forward(self, x):
        return self.fc(self.gru(x)[0][:, -1])

    def training_step(self, batch, _):
        loss = F.smooth_l1_loss(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        p = self(batch[0])
        self.log("val_loss", F.smooth_l1_loss(p, batch[1]))
        self.log("val_r2", 1 - F.mse_loss(p, batch[1]) / batch[1].var())

    def configure_callbacks(self):
        return [EarlyStopping(monitor="val_loss", patience=5, mode="min")]

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)
