"""Which marker does the sentence hold? Encoder with a padding mask and mean pooling over real tokens."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def sentences(n, seed):
    g = torch.Generator().manual_seed(seed)
    tokens = torch.zeros(n, 9, dtype=torch.long)
    labels = torch.randint(0, 2, (n,), generator=g)
    for i in range(n):
        length = int(torch.randint(4, 10, (), generator=g))
        row = torch.randperm(20, generator=g)[:length] + 1
        row[int(torch.randint(length, (), generator=g))] = 21 if labels[i] else 22
        tokens[i, :length] = row
    return TensorDataset(tokens, labels)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = sentences(800, 0), sentences(200, 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(23, 24, padding_idx=0)
        layer = nn.TransformerEncoderLayer(24, 4, 48, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.fc = nn.Linear(24, 2)

    def forward(self, tokens):
        padding = tokens == 0
        h = self.encoder(self.embed(tokens), src_key_padding_mask=padding)
        h = h.masked_fill(padding[..., None], 0.0).sum(1) / (~padding).sum(1, keepdim=True)
        return self.fc(h)

    def training_step(self, batch, batch_idx):
        tokens, label = batch
        return nn.functional.cross_entropy(self(tokens), label)

    def validation_step(self, batch, batch_idx):
        tokens, label = batch
        self.log("val_acc", (self(tokens).argmax(1) == label).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=1e-2)
