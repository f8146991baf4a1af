import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(21)


def paired_views(n=1500, seed=0):
    g = torch.Generator().manual_seed(seed)
    z = torch.randn(n, 10, generator=g)
    A = torch.randn(10, 32, generator=torch.Generator().manual_seed(100))
    B = torch.randn(10, 48, generator=torch.Generator().manual_seed(101))
    img = torch.tanh(z @ A / 3) + 0.1 * torch.randn(n, 32, generator=g)
    txt = torch.tanh(z @ B / 3) + 0.1 * torch.randn(n, 48, generator=g)
    return TensorDataset(img, txt)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train_ds, self.val_ds = paired_views(2000, 1), paired_views(256, 2)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=100, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=256)


def tower(d):
    return nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, 24))


class Model(L.LightningModule):
    max_epochs = 15
    temperature = 0.005

    def __init__(self):
        super().__init__()
        self.img, self.txt = tower(32), tower(48)

    def forward(self, a, b):
        a, b = F.normalize(self.img(a), dim=-1), F.normalize(self.txt(b), dim=-1)
        return a @ b.T / self.temperature

    def info_nce(self, sim):
        e = sim.exp()
        p = e.diag() / e.sum(dim=1)
        return -p.log().mean()

    def training_step(self, batch, _):
        loss = self.info_nce(self(*batch))
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        sim = self(*batch)
        top1 = (sim.argmax(1) == torch.arange(len(sim))).float().mean()
        self.log("val_top1", top1, prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
