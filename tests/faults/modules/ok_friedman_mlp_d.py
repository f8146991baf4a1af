import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import MeanAbsoluteError, R2Score

L.seed_everything(0)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = make_friedman1(2000, n_features=10, noise=0.5, random_state=25)
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        y = (y - y[:1600].mean()) / y[:1600].std()
        x = (x - x[:1600].mean(0)) / x[:1600].std(0)
        self.tr, self.va = TensorDataset(x[:1600], y[:1600]), TensorDataset(x[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self, p=0.4):
        super().__init__()
        self.p = p
        self.l1, self.l2, self.l3 = nn.Linear(10, 128), nn.Linear(128, 128), nn.Linear(128, 1)
        self.r2, self.mae = R2Score(), MeanAbsoluteError()

    def forward(self, x):
        x = F.dropout(F.relu(self.l1(x)), self.p, training=self.training)
        x = F.dropout(F.relu(self.l2(x)), self.p, training=self.training)
        return self.l3(x).squeeze(1)

    def training_step(self, batch, _):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = self(x)
        self.r2(p, y)
        self.mae(p, y)
        self.log("val_r2", self.r2)
        self.log("val_loss_mae", self.mae)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
