import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(42, verbose=False)

VOCAB, LENGTH = 300, 18
# first id of the 30 words that are typical for the queue
TOPIC_START = {
    "billing": 40,
    "refund": 80,
    "return": 120,
    "login": 160,
    "shipping": 200,
    "other": 240,
}


def make_tickets(n, seed):
    rng = np.random.default_rng(seed)
    starts = list(TOPIC_START.values())
    y = rng.integers(0, len(starts), n)
    tokens = rng.integers(1, VOCAB, (n, LENGTH))
    for i in range(n):
        topical = rng.random(LENGTH) < 0.35
        tokens[i, topical] = starts[y[i]] + rng.integers(0, 30, topical.sum())
    return TensorDataset(torch.as_tensor(tokens), torch.as_tensor(y))


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        self.train = make_tickets(4000, 0)
        self.val = make_tickets(800, 1)

    def train_dataloader(self):
        return DataLoader(self.train, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, 200)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, dim=32):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, dim)
        self.norm = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, 64)
        self.fc2 = nn.Linear(64, len(TOPIC_START))

    def forward(self, tokens):
        h = self.norm(self.emb(tokens).mean(dim=1))
        return self.fc2(F.gelu(self.fc1(h)))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
