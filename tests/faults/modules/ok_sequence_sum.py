"""LSTM that regresses the decayed balance of a stream of deposits and withdrawals."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def streams(n, seed, T=20):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, T, 2, generator=g)
    gate = torch.sigmoid(2 * x[..., 1])
    bal = torch.zeros(n)
    for t in range(T):
        bal = 0.85 * bal + gate[:, t] * x[:, t, 0]
    bal = bal / 1.05
    return TensorDataset(x, bal)


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        self.train_set = streams(2560, 0)
        self.val_set = streams(500, 1)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=500)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, hidden=32, clip=1.0):
        super().__init__()
        L.seed_everything(6, verbose=False)
        self.automatic_optimization = False
        self.clip = clip
        self.lstm = nn.LSTM(2, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        h, _ = self.lstm(x)
        return self.head(h[:, -1]).squeeze(-1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        opt = self.optimizers()
        loss = nn.functional.mse_loss(self(x), y)
        opt.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(opt, gradient_clip_val=self.clip, gradient_clip_algorithm="norm")
        opt.step()
        self.log("train_loss", loss, on_epoch=True, on_step=False)

    def on_train_epoch_end(self):
        self.lr_schedulers().step()

    def validation_step(self, batch, batch_idx):
        x, y = batch
        p = self(x)
        self.log("val_loss", nn.functional.mse_loss(p, y))
        self.log("val_r2", 1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9)
        return [opt], [torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=self.max_epochs)]
