import lightning as L
import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.default_rng(4)
        x = r.gamma(2.0, 1.0, (2000, 20))
        score = (np.log(x) - np.log(x).mean(0)) @ r.normal(size=(20, 12))
        y = score + r.normal(0, 0.5, score.shape) > 1.1 * score.std(0)
        sc = StandardScaler().fit(x[:1500])
        x = torch.tensor(sc.transform(x), dtype=torch.float32)
        y = torch.tensor(y, dtype=torch.float32)
        self.tr = TensorDataset(x[:1500], y[:1500])
        self.va = TensorDataset(x[1500:], y[1500:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=500)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 12))
        self.loss_fn = nn.BCEWithLogitsLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, tags = batch
        loss = self.loss_fn(self(x), tags)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, batch_idx):
        x, tags = batch
        pred = torch.sigmoid(self(x)) > 0.5
        tp = (pred & (tags > 0)).sum()
        f1 = 2 * tp / (pred.sum() + tags.sum())
        self.log("val_micro_f1", f1)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
