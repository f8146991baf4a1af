"""BinaryConnect style classifier: +-1 weights in the hidden layers, straight-through gradient, latent weights clipped."""

import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w):
        ctx.save_for_backward(w)
        return torch.where(w >= 0, 1.0, -1.0).to(w)

    @staticmethod
    def backward(ctx, g):
        (w,) = ctx.saved_tensors
        return g * (w.abs() <= 1)


class BinLinear(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.latent = nn.Parameter(torch.empty(o, i).uniform_(-0.5, 0.5))

    def forward(self, x):
        return F.linear(x, Sign.apply(self.latent)) / x.shape[1] ** 0.5


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            BinLinear(64, 128),
            nn.BatchNorm1d(128),
            nn.Hardtanh(),
            BinLinear(128, 128),
            nn.BatchNorm1d(128),
            nn.Hardtanh(),
            nn.Linear(128, 10),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        out = self(x)
        loss = F.cross_entropy(out, y)
        self.log("train_loss", loss)
        self.log("train_acc", (out.argmax(1) == y).float().mean())
        return loss

    @torch.no_grad()
    def on_train_batch_end(self, *_):
        for m in self.modules():
            if isinstance(m, BinLinear):
                m.latent.clamp_(-1, 1)

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), 5e-3)
        return [opt], [torch.optim.lr_scheduler.CosineAnnealingLR(opt, 20, eta_min=1e-5)]


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = load_digits(return_X_y=True)
        a, b, c, d = train_test_split(x, y, test_size=0.25, random_state=31, stratify=y)
        mk = lambda u, v: TensorDataset(
            torch.tensor(u / 8 - 1, dtype=torch.float32), torch.tensor(v)
        )
        self.sets = mk(a, c), mk(b, d)

    def train_dataloader(self):
        return DataLoader(self.sets[0], 50, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.sets[1], 225)
