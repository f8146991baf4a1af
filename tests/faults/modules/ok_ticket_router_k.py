"""Routes support tickets (token ids) to one of six queues with a GRU."""

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

VOCAB, QUEUES, LENGTH = 120, 6, 18


def tickets(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, QUEUES, (n,), generator=g)
    common = torch.randint(1, 60, (n, LENGTH), generator=g)
    topical = 60 + y[:, None] * 10 + torch.randint(0, 10, (n, LENGTH), generator=g)
    use = torch.rand(n, LENGTH, generator=g) < 0.25
    return torch.where(use, topical, common), y


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(TensorDataset(*tickets(1800, 7)), batch_size=60, shuffle=True)

    def val_dataloader(self):
        return DataLoader(TensorDataset(*tickets(600, 8)), batch_size=200)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, 24)
        self.gru = nn.GRU(24, 40, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(80, QUEUES)
        self.loss = nn.NLLLoss()

    def forward(self, tokens):
        out, _ = self.gru(self.emb(tokens))
        scores = self.fc(self.drop(out.max(dim=1).values))
        return F.log_softmax(scores, dim=1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.loss(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=4e-3)
