import lightning as L
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


def prep(frame, stats=None, log=False):
    a = np.log(frame + 1e-3) if log else np.asarray(frame)
    if stats is None:
        stats = a.mean(0), a.std(0)
    a = (a - stats[0]) / stats[1]
    return torch.tensor(np.clip(a, -4, 4), dtype=torch.float32), stats


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32):
        super().__init__()
        self.batch_size = batch_size
        X, y = load_breast_cancer(return_X_y=True)
        a, b, ya, yb = train_test_split(X, y, test_size=0.3, stratify=y, random_state=17)
        xa, stats = prep(a, log=True)
        xb, _ = prep(b, stats)
        self.ds_train = TensorDataset(xa, torch.tensor(ya, dtype=torch.float32))
        self.ds_val = TensorDataset(xb, torch.tensor(yb, dtype=torch.float32))

    def train_dataloader(self):
        return DataLoader(self.ds_train, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.ds_val, batch_size=171)


class Model(L.LightningModule):
    def __init__(self, lr=2e-3):
        super().__init__()
        torch.manual_seed(1)
        self.lr = lr
        self.fc1 = nn.Linear(30, 32)
        self.fc2 = nn.Linear(32, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        h = torch.relu(self.fc1(x))
        h = torch.relu(self.fc2(h))
        return self.out(h).squeeze(-1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.binary_cross_entropy_with_logits(self(x), y)
        self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        z = self(x)
        self.log("val_loss", nn.functional.binary_cross_entropy_with_logits(z, y))
        self.log("val_acc", ((z > 0).float() == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr, weight_decay=1e-4)
