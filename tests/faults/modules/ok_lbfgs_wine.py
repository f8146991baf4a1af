import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(10)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = load_wine(return_X_y=True)
        a, b, c, d = train_test_split(X, y, test_size=0.3, stratify=y, random_state=10)
        sc = StandardScaler().fit(a)
        f = lambda v: torch.tensor(sc.transform(v), dtype=torch.float32)
        self.tr, self.va = (
            TensorDataset(f(a), torch.tensor(c)),
            TensorDataset(f(b), torch.tensor(d)),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=len(self.tr))

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=len(self.va))


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self, l2=1e-2):
        super().__init__()
        self.l2 = l2
        self.fc = nn.Linear(13, 3)

    def forward(self, x):
        return self.fc(x)

    def training_step(self, b, _):
        loss = F.cross_entropy(self(b[0]), b[1]) + self.l2 * self.fc.weight.square().sum()
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        z = self(b[0])
        self.log("val_loss", F.cross_entropy(z, b[1]))
        self.log("val_acc", (z.argmax(1) == b[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.LBFGS(
            self.parameters(), lr=1.0, max_iter=10, line_search_fn="strong_wolfe"
        )
