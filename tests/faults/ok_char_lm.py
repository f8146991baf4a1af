"""Next-character language model on a made-up grammar; (N, T, V) logits."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def text(n, seed):
    """Sequences where each symbol is the sum of the two before it, modulo 8, with rare jumps."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(0, 8, (n, 17), generator=g)
    for t in range(2, 17):
        jump = torch.rand(n, generator=g) < 0.05
        x[:, t] = torch.where(jump, x[:, t], (x[:, t - 1] + x[:, t - 2]) % 8)
    return TensorDataset(x[:, :-1], x[:, 1:])


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = text(1200, 0), text(300, 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(8, 16)
        self.conv = nn.Conv1d(16, 64, 3)
        self.out = nn.Linear(64, 8)

    def forward(self, tokens):
        x = self.embed(tokens).transpose(1, 2)
        x = nn.functional.pad(x, (2, 0))
        return self.out(torch.relu(self.conv(x)).transpose(1, 2))

    def training_step(self, batch, batch_idx):
        tokens, following = batch
        return nn.functional.cross_entropy(self(tokens).transpose(1, 2), following)

    def validation_step(self, batch, batch_idx):
        tokens, following = batch
        hits = self(tokens).argmax(-1)[:, 2:] == following[:, 2:]
        self.log("val_next_acc", hits.float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)
