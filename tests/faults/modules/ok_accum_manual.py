import lightning as L
import torch
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.regression import R2Score


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_friedman1(1920, n_features=10, noise=0.4, random_state=3)
        sx, sy = StandardScaler().fit(X[:1600]), StandardScaler().fit(y[:1600, None])
        X = torch.tensor(sx.transform(X), dtype=torch.float32)
        y = torch.tensor(sy.transform(y[:, None]), dtype=torch.float32)
        self.tr, self.va = TensorDataset(X[:1600], y[:1600]), TensorDataset(X[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=160)


class Model(L.LightningModule):
    max_epochs = 20
    accumulate = 4

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.net = nn.Sequential(
            nn.Linear(10, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
        )
        self.r2 = R2Score()

    def training_step(self, batch, i):
        x, y = batch
        opt = self.optimizers()
        loss = F.mse_loss(self.net(x), y)
        self.manual_backward(loss / self.accumulate)
        if (i + 1) % self.accumulate == 0 or self.trainer.is_last_batch:
            opt.step()
            opt.zero_grad()
        self.log("train_loss", loss)

    def validation_step(self, batch, i):
        x, y = batch
        p = self.net(x)
        self.r2(p.flatten(), y.flatten())
        self.log("val_loss", F.mse_loss(p, y))
        self.log("val_r2", self.r2)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)
