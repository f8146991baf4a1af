import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def spectra(n, seed):
    rng = np.random.default_rng(seed)
    lib = np.random.default_rng(7)
    pos = lib.uniform(4, 56, (8, 3))
    amp = lib.uniform(0.5, 1.5, (8, 3))
    y = rng.integers(0, 8, n)
    grid = np.arange(60)[None, None]
    peaks = (
        np.exp(-0.5 * ((grid - pos[y][:, :, None] - rng.normal(0, 1, (n, 1, 1))) / 2.0) ** 2)
        * amp[y][:, :, None]
    )
    x = peaks.sum(1) + rng.normal(0, 0.25, (n, 60))
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    return TensorDataset(torch.tensor(x).float(), torch.tensor(y))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.a, self.b = spectra(1500, 1), spectra(500, 2)

    def train_dataloader(self):
        return DataLoader(self.a, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.b, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 12
    activation = nn.Sigmoid

    def __init__(self, depth=6, width=64):
        super().__init__()
        torch.manual_seed(1)
        layers, d = [], 60
        for _ in range(depth):
            layers += [nn.Linear(d, width), self.activation()]
            d = width
        self.net = nn.Sequential(*layers, nn.Linear(d, 8))
        self.ce = nn.CrossEntropyLoss()

    def training_step(self, batch, i):
        return self.ce(self.net(batch[0]), batch[1])

    def validation_step(self, batch, i):
        out = self.net(batch[0])
        self.log("val_loss", self.ce(out, batch[1]))
        self.log("val_acc", (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=1e-3)
        return {"optimizer": opt, "lr_scheduler": torch.optim.lr_scheduler.StepLR(opt, 8, 0.3)}
