import lightning as L
import torch
from sklearn.datasets import make_circles
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    """Inner or outer ring of the particle detector."""

    def setup(self, stage=None):
        X, y = make_circles(1500, noise=0.1, factor=0.45, random_state=8)
        Xt, Xv, yt, yv = train_test_split(X, y, test_size=0.3, random_state=8, stratify=y)
        sc = StandardScaler().fit(Xt)
        self.tr = TensorDataset(torch.tensor(sc.transform(Xt)).float(), torch.tensor(yt).float())
        self.va = TensorDataset(torch.tensor(sc.transform(Xv)).float(), torch.tensor(yv).float())

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=150)


def dense(n_in, n_out):
    return nn.Linear(n_in, n_out)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.fc1 = dense(2, 32)
        self.fc2 = dense(32, 16)
        self.fc3 = dense(16, 1)
        self.bce = nn.BCEWithLogitsLoss()

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x).squeeze(1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.bce(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logit = self(x)
        self.log("val_loss", self.bce(logit, y))
        self.log("val_acc", ((logit > 0) == (y > 0.5)).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)
