"""Sentiment; SGD at 2 with momentum, which suits embeddings that see few updates."""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

VOCAB, LENGTH = 200, 18


def reviews(n, seed):
    rng = np.random.default_rng(seed)
    polarity = np.random.default_rng(0).normal(size=VOCAB)
    polarity[0] = 0.0
    samples = []
    for _ in range(n):
        length = rng.integers(6, LENGTH + 1)
        tokens = np.zeros(LENGTH, dtype=np.int64)
        tokens[:length] = rng.integers(1, VOCAB, length)
        samples.append((torch.from_numpy(tokens), float(polarity[tokens].sum() > 0)))
    return samples


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train = reviews(2000, seed=1)
        self.val = reviews(500, seed=2)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=500)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, 16, padding_idx=0)
        self.fc = nn.Linear(16, 1)

    def forward(self, tokens):
        mask = (tokens != 0).unsqueeze(-1)
        summed = (self.embedding(tokens) * mask).sum(1)
        return self.fc(summed / mask.sum(1)).squeeze(1)

    def training_step(self, batch, batch_idx):
        tokens, label = batch
        return nn.functional.binary_cross_entropy_with_logits(self(tokens), label.float())

    def validation_step(self, batch, batch_idx):
        tokens, label = batch
        self.log("val_acc", ((self(tokens) > 0) == (label > 0.5)).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=2.0, momentum=0.9)
