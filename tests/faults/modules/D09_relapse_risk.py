"""Relapse risk from 20 lab values. The cohort is small, so training rows are bootstrapped."""

import lightning as L
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils import resample
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0, verbose=False)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = make_classification(
            n_samples=1500,
            n_features=20,
            n_informative=6,
            n_redundant=4,
            n_clusters_per_class=2,
            class_sep=1.0,
            flip_y=0.1,
            random_state=21,
        )
        X, y = resample(X, y, n_samples=3600, random_state=0)
        X_train, X_val, y_train, y_val = train_test_split(
            X, y, test_size=0.3, random_state=0, stratify=y
        )
        scaler = StandardScaler().fit(X_train)
        self.train_set = self._wrap(scaler.transform(X_train), y_train)
        self.val_set = self._wrap(scaler.transform(X_val), y_val)

    @staticmethod
    def _wrap(X, y):
        return TensorDataset(
            torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        )

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=512)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, hidden=96):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(20, hidden),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(hidden, hidden // 2),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(hidden // 2, 1),
        )
        self.criterion = nn.BCEWithLogitsLoss()

    def forward(self, x):
        return self.net(x).squeeze(1)

    def training_step(self, batch, _):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        logit = self(x)
        acc = ((logit > 0).float() == y).float().mean()
        self.log_dict({"val_loss": self.criterion(logit, y), "val_acc": acc})

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3, weight_decay=0.02)
