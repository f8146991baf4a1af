"""Shared trunk with three attribute heads, trained with manual optimisation."""

import lightning as L
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

TASKS = {"scene": 4, "season": 3, "indoor": 2}
TASK_WEIGHTS = torch.tensor([1.0, 1.0, 0.5])


def make(n, seed):
    proj = torch.randn(24, sum(TASKS.values()), generator=torch.Generator().manual_seed(99))
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 24, generator=g)
    score = torch.tanh(x) @ proj + 0.3 * torch.randn(n, proj.shape[1], generator=g)
    ys = [s.argmax(1) for s in score.split(list(TASKS.values()), dim=1)]
    return TensorDataset(x, torch.stack(ys, 1))


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.train_ds, self.val_ds = make(3000, 0), make(600, 1)

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        L.seed_everything(8, verbose=False)
        self.automatic_optimization = False
        self.trunk = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.heads = nn.ModuleDict({k: nn.Linear(64, c) for k, c in TASKS.items()})

    def forward(self, x):
        h = self.trunk(x)
        return [head(h) for head in self.heads.values()]

    def training_step(self, batch, batch_idx):
        opt = self.optimizers()
        x, y = batch
        losses = [F.cross_entropy(out, y[:, i]) for i, out in enumerate(self(x))]
        total = (torch.stack(losses) * TASK_WEIGHTS).sum()
        opt.zero_grad()
        self.manual_backward(total)
        opt.step()
        self.log("train_loss", total.detach())

    def validation_step(self, batch, batch_idx):
        x, y = batch
        accs = [(out.argmax(1) == y[:, i]).float().mean() for i, out in enumerate(self(x))]
        self.log("val_acc", torch.stack(accs).mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
