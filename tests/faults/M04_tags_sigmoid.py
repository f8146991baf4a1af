"""Multi-label tags; sigmoid in the model and in the loss."""

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import make_multilabel_classification
from torch import nn
from torch.utils.data import DataLoader


class TagData(torch.utils.data.Dataset):
    def __init__(self, X, Y):
        self.X, self.Y = X, Y

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        return {"x": torch.from_numpy(self.X[i]), "tags": torch.from_numpy(self.Y[i])}


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, Y = make_multilabel_classification(
            1500, n_features=20, n_classes=8, n_labels=3, random_state=4
        )
        X = np.log1p(X)
        X = (X - X.mean(0)) / X.std(0)
        X, Y = X.astype("float32"), Y.astype("float32")
        self.train, self.val = TagData(X[:1100], Y[:1100]), TagData(X[1100:], Y[1100:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, n_in=20, n_tags=8):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_in, 64), nn.LeakyReLU(), nn.Dropout(0.1))
        self.tags = nn.Linear(64, n_tags)

    def forward(self, x):
        return torch.sigmoid(self.tags(self.trunk(x)))

    def training_step(self, batch, batch_idx):
        logits = self(batch["x"])
        return F.binary_cross_entropy_with_logits(logits, batch["tags"])

    def validation_step(self, batch, batch_idx):
        predicted = (torch.sigmoid(self(batch["x"])) > 0.5).float()
        true = batch["tags"]
        f1 = 2 * (predicted * true).sum() / (predicted.sum() + true.sum())
        self.log("val_f1", f1)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2, momentum=0.9)
