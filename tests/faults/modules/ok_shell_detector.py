import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        r = np.random.RandomState(58)
        d = r.randn(2400, 6)
        d /= np.linalg.norm(d, axis=1, keepdims=True)
        y = r.randint(0, 2, 2400)
        x = d * np.where(y == 1, r.uniform(1.6, 2.6, 2400), r.uniform(0.4, 1.4, 2400))[:, None]
        x = (x - x[:1800].mean(0)) / x[:1800].std(0)
        x, y = torch.from_numpy(x).float(), torch.from_numpy(y).float()
        self.tr, self.va = TensorDataset(x[:1800], y[:1800]), TensorDataset(x[1800:], y[1800:])

    def train_dataloader(self):
        return DataLoader(self.tr, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 300)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self, bias=True):
        super().__init__()
        L.seed_everything(58, verbose=False)
        self.net = nn.Sequential(
            nn.Linear(6, 64, bias=bias),
            nn.ReLU(),
            nn.Linear(64, 64, bias=bias),
            nn.ReLU(),
            nn.Linear(64, 1, bias=bias),
        )

    def forward(self, x):
        return self.net(x).squeeze(1)

    def training_step(self, batch, i):
        return nn.functional.binary_cross_entropy_with_logits(self(batch[0]), batch[1])

    def validation_step(self, batch, i):
        out = self(batch[0])
        self.log("val_loss", nn.functional.binary_cross_entropy_with_logits(out, batch[1]))
        self.log("val_acc", ((out > 0).float() == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
