import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(4)


def banana(n, seed):
    g = torch.Generator().manual_seed(seed)
    a = torch.randn(n, generator=g)
    return TensorDataset(torch.stack([a, 0.5 * a**2 - 0.5 + 0.2 * torch.randn(n, generator=g)], 1))


def energy_distance(a, b):
    return (
        2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()
    ).clamp(min=0)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = banana(4000, 0), banana(1000, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, 128, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.va, 1000)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self, z=4):
        super().__init__()
        self.automatic_optimization = False
        self.z = z
        self.G = nn.Sequential(
            nn.Linear(z, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
        )
        self.D = nn.Sequential(
            nn.Linear(2, 64),
            nn.LeakyReLU(0.2),
            nn.Linear(64, 64),
            nn.LeakyReLU(0.2),
            nn.Linear(64, 1),
        )
        self.G_avg = AveragedModel(self.G, multi_avg_fn=get_ema_multi_avg_fn(0.995))

    def forward(self, n):
        net = self.G if self.training else self.G_avg
        return net(torch.randn(n, self.z, device=self.device))

    def training_step(self, batch, _):
        real = batch[0]
        og, od = self.optimizers()
        fake = self(len(real))
        d_loss = F.softplus(-self.D(real)).mean() + F.softplus(self.D(fake.detach())).mean()
        od.zero_grad()
        self.manual_backward(d_loss)
        od.step()
        g_loss = F.softplus(-self.D(fake)).mean()
        og.zero_grad()
        self.manual_backward(g_loss)
        og.step()
        self.G_avg.update_parameters(self.G)
        self.log_dict({"d_loss": d_loss, "g_loss": g_loss})

    def validation_step(self, batch, _):
        self.log("val_dist", energy_distance(self(1000), batch[0]), prog_bar=True)

    def configure_optimizers(self):
        mk = lambda m, lr: torch.optim.Adam(m.parameters(), lr=lr, betas=(0.5, 0.99))
        return [mk(self.G, 3e-4), mk(self.D, 6e-4)]
