"""Language model whose output layer shares the embedding's weights."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def cycles(n, seed):
    g = torch.Generator().manual_seed(seed)
    start = torch.randint(0, 11, (n, 1), generator=g)
    step = torch.randint(1, 4, (n, 1), generator=g)
    x = (start + step * torch.arange(13)) % 11
    return TensorDataset(x[:, :-1], x[:, 1:])


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = cycles(600, 0), cycles(200, 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=30, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, dim=32):
        super().__init__()
        self.embedding = nn.Embedding(11, dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.decoder = nn.Linear(dim, 11, bias=False)
        self.decoder.weight = self.embedding.weight

    def forward(self, tokens):
        return self.decoder(self.rnn(self.embedding(tokens))[0])

    def training_step(self, batch, batch_idx):
        tokens, target = batch
        logits = self(tokens)
        return nn.functional.cross_entropy(logits.flatten(0, 1), target.flatten())

    def validation_step(self, batch, batch_idx):
        tokens, target = batch
        self.log("val_acc", (self(tokens).argmax(-1) == target)[:, 1:].float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)
