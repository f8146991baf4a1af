import lightning as L
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(36)


def running_sums(n, seed, T=15):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, T, 2, generator=g)
    w = (x[..., 1] > 0).float()
    return TensorDataset(x, (x[..., 0] * w).sum(1) / 3)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = running_sums(2000, 0), running_sums(400, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 400)


class Model(L.LightningModule):
    max_epochs = 25
    base_lr = 0.2
    warmup = 40

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(2, 32, batch_first=True)
        self.fc = nn.Linear(32, 1)

    def forward(self, x):
        return self.fc(self.rnn(x)[0][:, -1]).squeeze(-1)

    def training_step(self, b, _):
        loss = nn.functional.mse_loss(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        l = nn.functional.mse_loss(self(b[0]), b[1])
        self.log("val_loss", l)
        self.log("val_r2", 1 - l / b[1].var(unbiased=False))

    def configure_gradient_clipping(
        self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
    ):
        nn.utils.clip_grad_norm_(self.parameters(), 1e-3)

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=self.base_lr, momentum=0.9)
        ramp = lambda s: 1e-3 * min(1.0, (s + 1) / self.warmup)
        sched = torch.optim.lr_scheduler.LambdaLR(opt, ramp)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "interval": "step"}}
