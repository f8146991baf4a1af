import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.default_rng(70)
        n, T, C = 2000, 18, 8
        y = r.integers(0, C, n)
        proto = r.normal(size=(C, 3, 5))
        x = 0.8 * r.normal(size=(n, T, 5))
        for i in range(n):
            p = r.integers(0, T - 3)
            x[i, p : p + 3] += 1.6 * proto[y[i]]
        x = (x - x[:1500].mean((0, 1))) / x[:1500].std((0, 1))
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
        self.tr, self.va = TensorDataset(x[:1500], y[:1500]), TensorDataset(x[1500:], y[1500:])

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 250)


class Model(L.LightningModule):
    max_epochs = 18

    def __init__(self, classes=8):
        super().__init__()
        L.seed_everything(70, verbose=False)
        self.gru = nn.GRU(5, 48, batch_first=True)
        self.head = nn.Sequential(nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, classes))
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.head(self.gru(x)[0].amax(1))

    def training_step(self, batch, i):
        loss = self.loss(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        out = self(batch[0])
        self.log("val_loss", self.loss(out, batch[1]))
        self.log("val_acc", (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=4e-3)
        sched = torch.optim.lr_scheduler.StepLR(opt, step_size=6, gamma=0.5)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "interval": "epoch"}}
