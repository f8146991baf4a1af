# nn.Module trained with bfloat16 autocast and mixup; parameters and loss stay in float32
import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, bs=64):
        super().__init__()
        self.bs = bs
        d = load_digits()
        order = np.random.RandomState(4).permutation(len(d.target))
        x = torch.from_numpy(d.data[order].astype("uint8"))
        y = torch.from_numpy(d.target[order]).long()
        self.train_set, self.val_set = (
            TensorDataset(x[:1350], y[:1350]),
            TensorDataset(x[1350:], y[1350:]),
        )

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=self.bs, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=self.bs)


class Model(nn.Module):
    def __init__(self, alpha=0.2):
        super().__init__()
        self.beta = torch.distributions.Beta(alpha, alpha)
        self.l1, self.l2, self.l3 = nn.Linear(64, 256), nn.Linear(256, 128), nn.Linear(128, 10)
        self.n1, self.n2 = nn.LayerNorm(256), nn.LayerNorm(128)

    def forward(self, x):
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            h = F.relu(self.n1(self.l1(x)))
            h = F.relu(self.n2(self.l2(h)))
            z = self.l3(h)
        return z.float()

    @staticmethod
    def prep(x):
        return x.float() / 8 - 1

    def training_step(self, batch, batch_idx):
        x, y = self.prep(batch[0]), batch[1]
        lam = self.beta.sample().item()
        other = torch.randperm(len(x), device=x.device)
        z = self(lam * x + (1 - lam) * x[other])
        return lam * F.cross_entropy(z, y) + (1 - lam) * F.cross_entropy(z, y[other])

    def validation_step(self, batch, batch_idx):
        x, y = self.prep(batch[0]), batch[1]
        z = self(x)
        return {"val_loss": F.cross_entropy(z, y), "val_acc": (z.argmax(1) == y).float().mean()}

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3, weight_decay=5e-2)
