"""Coding vs. non-coding DNA fragments; a GRU cell unrolled by hand."""

import lightning as L
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEQ = 30


def fragments(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 2, (n,), generator=g)
    s = torch.randint(0, 4, (n, SEQ), generator=g)
    # coding fragments prefer G/C at every third base
    pos = torch.arange(SEQ) % 3 == 2
    gc = torch.randint(1, 3, (n, SEQ), generator=g)
    swap = (torch.rand(n, SEQ, generator=g) < 0.8) & pos & (y[:, None] == 1)
    return torch.where(swap, gc, s), y


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(TensorDataset(*fragments(1500, 1)), batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(TensorDataset(*fragments(500, 2)), batch_size=250)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, hidden=32):
        super().__init__()
        self.hidden = hidden
        self.embed = nn.Embedding(4, 8)
        self.cell = nn.GRUCell(8, hidden)
        self.readout = nn.Linear(hidden, 2)

    def forward(self, seq):
        e = self.embed(seq)
        state = torch.zeros(len(seq), self.hidden, device=self.device)
        for t in range(e.size(1)):
            state = self.cell(e[:, t], state)
        return self.readout(state)

    def training_step(self, batch, _):
        seq, y = batch
        return nn.functional.cross_entropy(self(seq), y)

    def validation_step(self, batch, _):
        seq, y = batch
        self.log("val_acc", (self(seq).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=6e-3)
