import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size=25, n_train=500):
        super().__init__()
        self.batch_size = batch_size
        X, y = load_digits(return_X_y=True)
        X = torch.tensor(X / 8.0 - 1.0, dtype=torch.float32)
        y = torch.tensor(y)
        tr, va = train_test_split(
            range(len(y)), train_size=n_train, test_size=500, stratify=y, random_state=1
        )
        self.sets = {"train": TensorDataset(X[tr], y[tr]), "val": TensorDataset(X[va], y[va])}

    def _loader(self, split, **kw):
        return DataLoader(self.sets[split], **kw)

    def train_dataloader(self):
        return self._loader("train", shuffle=True, batch_size=self.batch_size)

    def val_dataloader(self):
        return self._loader("val", batch_size=250)


class Model(L.LightningModule):
    def __init__(self, lr=0.015):
        super().__init__()
        torch.manual_seed(40)
        self.lr = lr
        self.net = torch.nn.Sequential(
            torch.nn.Linear(64, 64),
            torch.nn.ReLU(),
            torch.nn.Linear(64, 64),
            torch.nn.ReLU(),
            torch.nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        z = self(x)
        self.log("val_loss", F.cross_entropy(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr, momentum=0.9)
