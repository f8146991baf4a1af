"""Do the first and the last token match? Small transformer with a learnt position."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make_tokens(n, seed):
    g = torch.Generator().manual_seed(seed)
    tokens = torch.randint(0, 6, (n, 10), generator=g)
    same = torch.rand(n, generator=g) < 0.5
    tokens[same, -1] = tokens[same, 0]
    return TensorDataset(tokens, (tokens[:, 0] == tokens[:, -1]).long())


class Data(L.LightningDataModule):
    def __init__(self, batch_size=64):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        self.train, self.val = make_tokens(2000, 0), make_tokens(500, 1)

    def train_dataloader(self):
        return DataLoader(self.train, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, self.batch_size)


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        h = self.norm1(x)
        x = x + self.attention(h, h, h, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, dim=32, heads=2, lr=3e-3, warmup=40):
        super().__init__()
        self.save_hyperparameters()
        self.token = nn.Embedding(6, dim)
        self.position = nn.Parameter(0.5 * torch.randn(10, dim))
        self.blocks = nn.Sequential(Block(dim, heads), Block(dim, heads))
        self.head = nn.Sequential(nn.LayerNorm(10 * dim), nn.Linear(10 * dim, 2))

    def forward(self, tokens):
        x = self.token(tokens) + self.position
        return self.head(self.blocks(x).flatten(1))

    def training_step(self, batch, batch_idx):
        tokens, target = batch
        return nn.functional.cross_entropy(self(tokens), target)

    def validation_step(self, batch, batch_idx):
        tokens, target = batch
        self.log("val_acc", (self(tokens).argmax(1) == target).float().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min(1.0, (step + 1) / self.hparams.warmup)
        )
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]
