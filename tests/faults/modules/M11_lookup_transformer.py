import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(57)
        n, slots = 2600, 6
        key = np.zeros((n, slots + 1), dtype=np.int64)
        val = np.full((n, slots + 1), 4, dtype=np.int64)
        y = np.zeros(n, dtype=np.int64)
        for i in range(n):
            key[i, 1:] = rng.permutation(8)[:slots]
            val[i, 1:] = rng.integers(0, 4, slots)
            j = rng.integers(1, slots + 1)
            key[i, 0], y[i] = key[i, j], val[i, j]
        ds = TensorDataset(torch.from_numpy(np.stack([key, val], -1)), torch.from_numpy(y))
        self.train = torch.utils.data.Subset(ds, range(2000))
        self.val = torch.utils.data.Subset(ds, range(2000, 2600))

    def train_dataloader(self):
        return DataLoader(self.train, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, 200)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, d=48):
        super().__init__()
        L.seed_everything(57, verbose=False)
        self.key = nn.Embedding(8, d)
        self.val = nn.Embedding(5, d)
        layer = nn.TransformerEncoderLayer(d, 4, 2 * d, dropout=0.0)
        self.block = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(d, 4)

    def forward(self, s):
        h = self.key(s[..., 0]) + self.val(s[..., 1])
        return self.head(self.block(h)[:, 0])

    def training_step(self, batch, i):
        s, y = batch
        loss = nn.functional.cross_entropy(self(s), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        s, y = batch
        out = self(s)
        self.log("val_loss", nn.functional.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3)
