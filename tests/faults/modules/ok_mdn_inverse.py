# Bishop's inverse problem: x = y + 0.3 sin(2 pi y) + noise, predict y from x with a mixture density network.
import math

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.rand(n, 1, generator=g)
    x = y + 0.3 * torch.sin(2 * math.pi * y) + 0.1 * (torch.rand(n, 1, generator=g) - 0.5)
    return TensorDataset(x, y)


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(make(2000, 0), batch_size=100, shuffle=True)

    def val_dataloader(self):
        return DataLoader(make(1000, 1), batch_size=500)


class Model(L.LightningModule):
    def __init__(self, K=6, H=32):
        super().__init__()
        self.h = nn.Sequential(nn.Linear(1, H), nn.Tanh(), nn.Linear(H, H), nn.Tanh())
        self.pi, self.mu, self.ls = nn.Linear(H, K), nn.Linear(H, K), nn.Linear(H, K)
        nn.init.uniform_(self.mu.bias, 0, 1)
        nn.init.constant_(self.ls.bias, -1.5)

    def dist(self, x):
        h = self.h(4 * (x - 0.5))
        mix = torch.distributions.Categorical(logits=self.pi(h))
        comp = torch.distributions.Normal(self.mu(h), self.ls(h).clamp(-5, 2).exp())
        return torch.distributions.MixtureSameFamily(mix, comp)

    def training_step(self, batch, _):
        x, y = batch
        nll = -self.dist(x).log_prob(y.squeeze(1)).mean()
        self.log("train_loss", nll)
        return nll

    def validation_step(self, batch, _):
        x, y = batch
        d = self.dist(x)
        lp = d.log_prob(y.squeeze(1))
        # y is uniform on [0,1], so the unconditional density scores exactly 0
        self.log("val_loss", -lp.mean(), batch_size=len(x))
        # mode of the most probable component, judged through the forward map
        k = d.mixture_distribution.probs.argmax(1, keepdim=True)
        m = d.component_distribution.mean.gather(1, k)
        self.log(
            "val_forward_mae",
            (m + 0.3 * torch.sin(2 * math.pi * m) - x).abs().mean(),
            batch_size=len(x),
        )

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), 5e-3)
        return {
            "optimizer": opt,
            "lr_scheduler": {
                "scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(opt, 800),
                "interval": "step",
            },
        }
