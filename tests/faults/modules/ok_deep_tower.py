import lightning as L
import torch
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MulticlassAccuracy


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_classification(
            2500,
            18,
            n_informative=12,
            n_classes=6,
            class_sep=1.8,
            n_clusters_per_class=1,
            random_state=29,
        )
        X = torch.tensor(StandardScaler().fit(X[:2000]).transform(X), dtype=torch.float32)
        y = torch.tensor(y)
        self.tr, self.va = TensorDataset(X[:2000], y[:2000]), TensorDataset(X[2000:], y[2000:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, depth=5, width=48):
        super().__init__()
        dims = [18] + [width] * depth
        blocks = []
        for a, b in zip(dims[:-1], dims[1:]):
            blocks += [nn.Linear(a, b), nn.ReLU()]
        self.body = nn.Sequential(*blocks)
        self.head = nn.Linear(width, 6)
        self.acc = MulticlassAccuracy(6, average="micro")

    def forward(self, x):
        return self.head(self.body(x))

    def training_step(self, batch, i):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        z = self(batch[0])
        self.acc.update(z, batch[1])
        self.log("val_loss", F.cross_entropy(z, batch[1]))
        self.log("val_acc", self.acc)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
