"""Sequences of different lengths, packed: which channel is higher on average?"""

import lightning as L
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader


def sequences(n, seed):
    g = torch.Generator().manual_seed(seed)
    items = []
    for _ in range(n):
        length = int(torch.randint(4, 13, (), generator=g))
        steps = torch.randn(length, 3, generator=g)
        items.append((steps, int(steps[:, 0].mean() > steps[:, 1].mean())))
    return items


def collate(items):
    steps, labels = zip(*items)
    lengths = torch.tensor([len(s) for s in steps])
    return pad_sequence(steps, batch_first=True), lengths, torch.tensor(labels)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = sequences(1000, 0), sequences(300, 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=25, shuffle=True, collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=300, collate_fn=collate)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 24, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(48, 2)

    def forward(self, padded, lengths):
        packed = pack_padded_sequence(padded, lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.fc(torch.cat([h[0], h[1]], dim=1))

    def training_step(self, batch, batch_idx):
        padded, lengths, labels = batch
        return nn.functional.cross_entropy(self(padded, lengths), labels)

    def validation_step(self, batch, batch_idx):
        padded, lengths, labels = batch
        self.log("val_acc", (self(padded, lengths).argmax(1) == labels).float().mean())

    def configure_optimizers(self):
        return torch.optim.RMSprop(self.parameters(), lr=3e-3)
