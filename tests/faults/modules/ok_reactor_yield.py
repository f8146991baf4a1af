import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size=50):
        super().__init__()
        self.batch_size = batch_size
        X, y = make_friedman1(n_samples=2500, n_features=8, noise=0.7, random_state=13)
        xs, ys = StandardScaler(), StandardScaler()
        Xt, yt = xs.fit_transform(X[:2000]), ys.fit_transform(y[:2000, None])
        Xv, yv = xs.transform(X[2000:]), ys.transform(y[2000:, None])
        as_ds = lambda a, b: TensorDataset(
            torch.tensor(a, dtype=torch.float32), torch.tensor(b, dtype=torch.float32)
        )
        self.train_ds, self.val_ds = as_ds(Xt, yt), as_ds(Xv, yv)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=500)


class Model(L.LightningModule):
    """Yield regressor with a configurable stack of hidden layers."""

    max_epochs = 15

    def __init__(self, n_in=8, widths=(64, 64, 32)):
        super().__init__()
        L.seed_everything(3, verbose=False)
        dims = [n_in, *widths]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(dims[:-1], dims[1:]))
        self.out = nn.Linear(dims[-1], 1)

    def forward(self, x):
        for layer in self.hidden:
            x = F.silu(layer(x))
        return self.out(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.mse_loss(self(x), y)
        self.log("train_mse", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        pred = self(x)
        self.log("val_loss", F.mse_loss(pred, y))
        self.log("val_r2", 1 - ((pred - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
