import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

L.seed_everything(77)
VOCAB, QUEUES = 200, 5


class Tickets(Dataset):
    """bag of tokens: every queue has its own frequent words, plus common words"""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.y = rng.integers(0, QUEUES, n)
        self.x = np.zeros((n, 18), dtype=np.int64)
        for i, q in enumerate(self.y):
            own = rng.random(18) < 0.35
            self.x[i] = np.where(
                own, 1 + q * 20 + rng.integers(0, 20, 18), rng.integers(1, VOCAB, 18)
            )

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]), int(self.y[i])


class Data(L.LightningDataModule):
    def __init__(self, batch_size=2048):
        super().__init__()
        self.batch_size = batch_size
        self.train_data = Tickets(1600, seed=1)
        self.val_data = Tickets(400, seed=2)

    def train_dataloader(self):
        return DataLoader(self.train_data, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_data, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self, dim=32):
        super().__init__()
        self.emb = nn.EmbeddingBag(VOCAB, dim, mode="mean")
        self.fc = nn.Sequential(nn.Linear(dim, 32), nn.ReLU(), nn.Linear(32, QUEUES))

    def forward(self, tokens):
        return self.fc(self.emb(tokens))

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
