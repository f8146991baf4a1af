"""PGD adversarial training on digits with hand-driven optimisation."""

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, bs=64):
        super().__init__()
        x, y = load_digits(return_X_y=True)
        x = torch.tensor(x / 16, dtype=torch.float32)
        y = torch.tensor(y)
        a, b, c, d = train_test_split(x, y, test_size=0.3, stratify=y, random_state=0)
        self.tr, self.va, self.bs = TensorDataset(a, c), TensorDataset(b, d), bs

    def train_dataloader(self):
        return DataLoader(self.tr, self.bs, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 256)


class Model(L.LightningModule):
    def __init__(self, eps=0.1, steps=4, lr=2e-3):
        super().__init__()
        self.save_hyperparameters()
        self.automatic_optimization = False
        self.net = nn.Sequential(
            nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)
        )

    def forward(self, x):
        return self.net(x)

    def attack(self, x, y):
        eps, n = self.hparams.eps, self.hparams.steps
        adv = (x + torch.empty_like(x).uniform_(-eps, eps)).clamp(0, 1)
        for _ in range(n):
            adv.requires_grad_(True)
            # gradient w.r.t. the picture only, parameter .grad stays untouched
            (g,) = torch.autograd.grad(F.cross_entropy(self(adv), y), adv)
            adv = adv.detach() + 2 * eps / n * g.sign()
            adv = torch.min(torch.max(adv, x - eps), x + eps).clamp(0, 1)
        return adv.detach()

    def training_step(self, batch, _):
        x, y = batch
        opt = self.optimizers()
        adv = self.attack(x, y)
        loss = 0.5 * F.cross_entropy(self(x), y) + 0.5 * F.cross_entropy(self(adv), y)
        opt.zero_grad()
        self.manual_backward(loss)
        opt.step()
        self.log("train_loss", loss)

    def on_train_epoch_end(self):
        self.lr_schedulers().step()

    def validation_step(self, batch, _):
        with torch.inference_mode(False), torch.enable_grad():
            x, y = batch[0].clone(), batch[1].clone()
            adv = self.attack(x, y)
        with torch.no_grad():
            clean, rob = self(x), self(adv)
        self.log("val_loss", F.cross_entropy(clean, y), batch_size=len(y))
        self.log("val_acc", (clean.argmax(1) == y).float().mean(), batch_size=len(y))
        self.log("val_robust_acc", (rob.argmax(1) == y).float().mean(), batch_size=len(y))

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=self.hparams.lr)
        return [opt], [torch.optim.lr_scheduler.MultiStepLR(opt, [12, 16], 0.3)]
