import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(9)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        X = torch.tensor(d.data / 16.0, dtype=torch.float32)
        ink = X.sum(1)
        tr, va = train_test_split(range(len(X)), test_size=0.2, stratify=d.target, random_state=9)
        ink = (ink - ink[tr].mean()) / ink[tr].std()
        y = torch.tensor(d.target)
        self.tr, self.va = (
            TensorDataset(X[tr], y[tr], ink[tr]),
            TensorDataset(X[va], y[va], ink[va]),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, 48, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 360)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 96), nn.LayerNorm(96), nn.SiLU(), nn.Dropout(0.1))
        self.heads = nn.ModuleDict({"digit": nn.Linear(96, 10), "ink": nn.Linear(96, 1)})
        self.log_var = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        h = self.trunk(x)
        return self.heads["digit"](h), self.heads["ink"](h).squeeze(-1)

    def losses(self, b):
        z, r = self(b[0])
        return z, torch.stack([F.cross_entropy(z, b[1]), F.mse_loss(r, b[2])])

    def training_step(self, b, _):
        _, ls = self.losses(b)
        loss = (torch.exp(-self.log_var) * ls + self.log_var).sum()
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        z, ls = self.losses(b)
        self.log_dict(
            {
                "val_ce": ls[0],
                "val_mse": ls[1],
                "val_loss": ls.sum(),
                "val_acc": (z.argmax(1) == b[1]).float().mean(),
            }
        )

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
