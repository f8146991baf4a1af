import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    batch_size = 32

    def setup(self, stage=None):
        rng = np.random.RandomState(23)
        x = rng.uniform(-1, 1, (900, 8))
        y = (
            2 * x[:, 0] * x[:, 1]
            + np.sin(3 * x[:, 2])
            + x[:, 3] ** 2
            - x[:, 4]
            + 0.1 * rng.randn(900)
        )
        y = (y - y.mean()) / y.std()
        x = torch.tensor(x, dtype=torch.float32)
        y = torch.tensor(y, dtype=torch.float32).unsqueeze(1)
        self.train, self.val = TensorDataset(x[:700], y[:700]), TensorDataset(x[700:], y[700:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=self.batch_size, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


def layer(i, o):
    return nn.Sequential(nn.Linear(i, o, bias=False), nn.BatchNorm1d(o), nn.ReLU())


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        torch.manual_seed(23)
        self.f = nn.Sequential(layer(8, 64), layer(64, 64), nn.Linear(64, 1))

    def training_step(self, batch, idx):
        x, y = batch
        loss = nn.functional.mse_loss(self.f(x), y)
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        self.log("val_r2", 1 - ((self.f(x) - y) ** 2).mean() / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
