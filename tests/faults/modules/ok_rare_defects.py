import lightning as L
import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler
from torchmetrics.classification import BinaryAUROC, MulticlassAccuracy

L.seed_everything(8)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = make_classification(
            5000, 12, n_informative=7, weights=[0.93], class_sep=1.4, flip_y=0.0, random_state=8
        )
        a, b, ya, yb = train_test_split(x, y, test_size=0.3, stratify=y, random_state=8)
        sc = StandardScaler().fit(a)
        ds = lambda v, w: TensorDataset(
            torch.tensor(sc.transform(v), dtype=torch.float32), torch.tensor(w)
        )
        self.tr, self.va = ds(a, ya), ds(b, yb)
        self.weights = (1.0 / np.bincount(ya))[ya]

    def train_dataloader(self):
        s = WeightedRandomSampler(torch.as_tensor(self.weights), len(self.weights))
        return DataLoader(self.tr, batch_size=64, sampler=s)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=500)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
        )
        self.bal = MulticlassAccuracy(2, average="macro")
        self.auc = BinaryAUROC()

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self.net(x)
        self.bal.update(z, y)
        self.auc.update(z.softmax(1)[:, 1], y)
        self.log("val_loss", nn.functional.cross_entropy(z, y))
        self.log("val_balanced_acc", self.bal)
        self.log("val_auc", self.auc)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
