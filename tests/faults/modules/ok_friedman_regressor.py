import lightning as L
import torch
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(123)


def build_mlp(sizes, act=nn.ReLU):
    layers = []
    for i in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
        if i < len(sizes) - 2:
            layers.append(act())
    return nn.Sequential(*layers)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_friedman1(n_samples=2000, n_features=10, noise=0.8, random_state=0)
        Xa, Xb, ya, yb = train_test_split(X, y.reshape(-1, 1), test_size=0.2, random_state=0)
        sx, sy = StandardScaler().fit(Xa), StandardScaler().fit(ya)
        t = lambda a: torch.tensor(a, dtype=torch.float32)
        self.tr = TensorDataset(t(sx.transform(Xa)), t(sy.transform(ya)))
        self.va = TensorDataset(t(sx.transform(Xb)), t(sy.transform(yb)))

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = build_mlp([10, 64, 32, 1])
        self.loss_fn = nn.MSELoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, idx):
        x, y = batch
        loss = self.loss_fn(self(x), y)
        self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        p = self(x)
        mse = self.loss_fn(p, y)
        self.log("val_loss", mse)
        self.log("val_r2", 1 - mse / y.var(unbiased=False))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-3)
