import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(67)
        X = rng.normal(size=(2200, 8))
        h = np.tanh(X @ rng.normal(size=(8, 5)) * 0.6)
        c = np.argmax(h[:, :3] + rng.normal(0, 0.1, (2200, 3)), 1)
        r = h[:, 3] * 1.5 - h[:, 4] * h[:, 0]
        r = (r - r[:1700].mean()) / r[:1700].std()
        X, c, r = (
            torch.tensor(X, dtype=torch.float32),
            torch.tensor(c),
            torch.tensor(r, dtype=torch.float32),
        )
        self.tr = TensorDataset(X[:1700], c[:1700], r[:1700])
        self.va = TensorDataset(X[1700:], c[1700:], r[1700:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.shared = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.cls = nn.Linear(64, 3)
        self.reg = nn.Linear(64, 1)

    def forward(self, x):
        h = self.shared(x)
        return self.cls(h), self.reg(h).squeeze(1)

    def losses(self, batch):
        x, c, r = batch
        zc, zr = self(x)
        return zc, zr, F.cross_entropy(zc, c), F.mse_loss(zr, r)

    def training_step(self, batch, i):
        body, heads = self.optimizers()
        _, _, lc, lr = self.losses(batch)
        body.zero_grad()
        heads.zero_grad()
        self.manual_backward(lc + 0.5 * lr)
        body.step()
        heads.step()
        self.log_dict({"train_ce": lc, "train_mse": lr})

    def on_train_epoch_end(self):
        for s in self.lr_schedulers():
            s.step()

    def validation_step(self, batch, i):
        zc, zr, lc, lr = self.losses(batch)
        self.log("val_loss", lc + 0.5 * lr)
        self.log("val_acc", (zc.argmax(1) == batch[1]).float().mean())
        self.log("val_r2", 1 - lr / batch[2].var())

    def configure_optimizers(self):
        a = torch.optim.AdamW(self.shared.parameters(), lr=2e-3)
        b = torch.optim.AdamW([*self.cls.parameters(), *self.reg.parameters()], lr=4e-3)
        mk = lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, self.max_epochs, eta_min=1e-4)
        return [a, b], [mk(a), mk(b)]
