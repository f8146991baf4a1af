import lightning as L
import torch
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_friedman1(2000, n_features=12, noise=0.5, random_state=53)
        X = StandardScaler().fit(X[:1600]).transform(X)
        y = (y - y[:1600].mean()) / y[:1600].std()
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)[:, None]
        self.tr, self.va = TensorDataset(X[:1600], y[:1600]), TensorDataset(X[1600:], y[1600:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 2

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(12, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 1)
        )
        for m in self.net:
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0.0, 1.0)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        loss = F.mse_loss(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = self(x)
        self.log("val_loss", F.mse_loss(p, y))
        self.log("val_r2", 1 - F.mse_loss(p, y) / y.var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
