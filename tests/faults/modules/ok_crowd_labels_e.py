import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def items(n, seed, noise):
    world = np.random.default_rng(0)
    c = world.normal(size=(6, 10)) * 1.3
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 6, n)
    x = c[y] + rng.normal(size=(n, 10)) * 0.9
    flip = rng.random(n) < noise
    y = np.where(flip, rng.integers(0, 6, n), y)
    return TensorDataset(torch.tensor(x).float(), torch.tensor(y))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = items(1200, 1, 0.25), items(500, 2, 0.0)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=8, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=500)


class GeneralisedCE(nn.Module):
    def __init__(self, q=0.6):
        super().__init__()
        self.q = q

    def forward(self, logits, y):
        p = logits.softmax(1).gather(1, y[:, None]).squeeze(1)
        return ((1 - p.clamp_min(1e-6) ** self.q) / self.q).mean()


class Model(L.LightningModule):
    max_epochs = 7

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 6))
        self.criterion = GeneralisedCE()

    def training_step(self, batch, _):
        loss = self.criterion(self.net(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        self.log("val_acc", (self.net(batch[0]).argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.8)
