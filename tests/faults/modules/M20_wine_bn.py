import lightning as L
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)

BN_MOMENTUM = 0.001


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = load_wine(return_X_y=True)
        xt, xv, yt, yv = train_test_split(x, y, test_size=0.3, stratify=y, random_state=8)
        mk = lambda a, b: TensorDataset(torch.tensor(a, dtype=torch.float32), torch.tensor(b))
        self.train, self.val = mk(xt, yt), mk(xv, yv)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=31, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=54)


class Model(L.LightningModule):
    """The columns have very different units; the first batch norm takes care of that."""

    max_epochs = 40

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.BatchNorm1d(13, momentum=BN_MOMENTUM),
            nn.Linear(13, 32, bias=False),
            nn.BatchNorm1d(32, momentum=BN_MOMENTUM),
            nn.ReLU(),
            nn.Linear(32, 3),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        z = self(x)
        loss = nn.functional.cross_entropy(z, y)
        self.log("train_loss", loss)
        self.log("train_acc", (z.argmax(1) == y).float().mean())
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log("val_loss", nn.functional.cross_entropy(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)
