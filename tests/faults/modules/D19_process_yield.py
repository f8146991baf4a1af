import lightning as L
import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import R2Score

L.seed_everything(0)

BATCH = 64


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = make_friedman1(1601, n_features=8, noise=0.5, random_state=2)
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        n = int(len(x) * 0.8) + 1
        mean, std = y[:n].mean(), y[:n].std()
        y = (y - mean) / std
        x = (x - x[:n].mean(0)) / x[:n].std(0)
        self.train, self.val = TensorDataset(x[:n], y[:n]), TensorDataset(x[n:], y[n:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=BATCH, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=BATCH)


def block(i, o):
    return nn.Sequential(nn.Linear(i, o, bias=False), nn.BatchNorm1d(o), nn.ReLU())


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(block(8, 64), block(64, 64), nn.Linear(64, 1))
        self.r2 = R2Score()

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = self(x)
        self.r2.update(p, y)
        self.log("val_loss", nn.functional.mse_loss(p, y))

    def on_validation_epoch_end(self):
        self.log("val_r2", self.r2.compute())
        self.r2.reset()

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
