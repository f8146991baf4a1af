import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

V = 40


def chain(n, length, seed):
    world = np.random.default_rng(5)
    table = world.dirichlet(np.full(V, 0.05), size=V)
    rng = np.random.default_rng(seed)
    cum = table.cumsum(1)
    s = rng.integers(0, V, n)
    out = [s]
    for _ in range(length):
        s = np.minimum((cum[s] < rng.random(n)[:, None]).sum(1), V - 1)
        out.append(s)
    return TensorDataset(torch.tensor(np.stack(out, 1)))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = chain(1200, 20, 1), chain(300, 20, 2)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, dim=48):
        super().__init__()
        torch.manual_seed(5)
        self.emb = nn.Embedding(V, dim)
        nn.init.normal_(self.emb.weight, std=dim**-0.5)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.head = nn.Linear(dim, V)
        self.head.weight = self.emb.weight

    def nll(self, seq):
        h, _ = self.rnn(self.emb(seq[:, :-1]))
        return F.cross_entropy(self.head(h).flatten(0, 1), seq[:, 1:].flatten())

    def training_step(self, batch, _):
        loss = self.nll(batch[0])
        self.log("train_nll", loss)
        return loss

    def on_before_optimizer_step(self, optimizer):
        nn.utils.clip_grad_norm_(self.parameters(), 1.0)

    def validation_step(self, batch, _):
        self.log("val_ppl", self.nll(batch[0]).exp())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=8e-3)
        sch = torch.optim.lr_scheduler.OneCycleLR(opt, 8e-3, total_steps=self.max_epochs * 38)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sch, "interval": "step"}}
