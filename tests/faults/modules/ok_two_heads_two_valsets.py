# One trunk, two heads (disease class + length-of-stay), learned task weights, two validation sets (same clinic / new clinic)
import lightning as pl
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def clinic(n, seed, offset):
    g = np.random.default_rng(seed)
    x = g.normal(0, 1, (n, 12)) + offset
    w = np.random.default_rng(77).normal(0, 1, (12, 6))
    h = np.tanh(x @ w / 2.5)
    logits = (
        np.stack(
            [2.5 * h[:, 0] + 2 * h[:, 1], 2.5 * h[:, 2] - 2 * h[:, 0], 3 * h[:, 3] * h[:, 1]], 1
        )
        * 1.5
    )
    cls = (logits + g.gumbel(0, 0.6, logits.shape)).argmax(1)
    stay = np.exp(1.5 + 0.5 * h[:, 4] + 0.4 * h[:, 5] * h[:, 0] + 0.15 * g.normal(0, 1, n))
    return (
        torch.tensor(x, dtype=torch.float32),
        torch.tensor(cls),
        torch.tensor(stay, dtype=torch.float32),
    )


class Data(pl.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, c, s = clinic(4000, 5, 0.0)
        self.train_set = TensorDataset(x[:3200], c[:3200], s[:3200])
        self.val_same = TensorDataset(x[3200:], c[3200:], s[3200:])
        self.val_new = TensorDataset(*clinic(800, 6, 0.15))

    def train_dataloader(self):
        return DataLoader(self.train_set, 64, shuffle=True)

    def val_dataloader(self):
        return [DataLoader(self.val_same, 400), DataLoader(self.val_new, 400)]


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(12, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU())
        self.cls = nn.Linear(64, 3)
        self.stay = nn.Linear(64, 1)
        self.log_var = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        h = self.trunk(x)
        return self.cls(h), self.stay(h).squeeze(-1)

    def losses(self, batch):
        x, c, s = batch
        logits, log_stay = self(x)
        return logits, log_stay, F.cross_entropy(logits, c), F.mse_loss(log_stay, s.log())

    def training_step(self, batch, batch_idx):
        _, _, ce, mse = self.losses(batch)
        lv = self.log_var
        total = torch.exp(-lv[0]) * ce + 0.5 * lv[0] + 0.5 * torch.exp(-lv[1]) * mse + 0.5 * lv[1]
        self.log_dict({"train_loss": total, "train_ce": ce, "train_mse": mse})
        return total

    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        x, c, s = batch
        logits, log_stay, ce, mse = self.losses(batch)
        where = ["same", "new"][dataloader_idx]
        acc = (logits.argmax(1) == c).float().mean()
        days = (log_stay.exp() - s).abs().mean()
        self.log_dict(
            {f"val_loss_{where}": ce + mse, f"val_acc_{where}": acc, f"val_mae_days_{where}": days},
            add_dataloader_idx=False,
        )

    def configure_optimizers(self):
        opt = torch.optim.AdamW(
            [
                {
                    "params": [
                        *self.trunk.parameters(),
                        *self.cls.parameters(),
                        *self.stay.parameters(),
                    ],
                    "weight_decay": 1e-2,
                },
                {"params": [self.log_var], "weight_decay": 0.0},
            ],
            lr=3e-3,
        )
        sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=30, eta_min=1e-4)
        return [opt], [sch]
