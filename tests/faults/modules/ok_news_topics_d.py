import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

L.seed_everything(0)

VOCAB, TOPICS = 400, 5


def documents(n=1500):
    rng = np.random.default_rng(30)
    topic_words = rng.dirichlet(np.full(VOCAB, 0.15), TOPICS)
    common = rng.dirichlet(np.full(VOCAB, 1.0))
    docs = []
    for _ in range(n):
        k = int(rng.integers(TOPICS))
        words = rng.choice(VOCAB, rng.integers(15, 40), p=0.35 * topic_words[k] + 0.65 * common)
        docs.append((torch.from_numpy(words), k))
    return docs


def collate(batch):
    words = torch.cat([w for w, _ in batch])
    offsets = torch.tensor([0] + [len(w) for w, _ in batch[:-1]]).cumsum(0)
    return words, offsets, torch.tensor([k for _, k in batch])


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        docs = documents()
        self.tr, self.va = docs[:1200], docs[1200:]

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=24, shuffle=True, collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300, collate_fn=collate)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.bag = nn.EmbeddingBag(VOCAB, 32, mode="mean")
        self.fc = nn.Linear(32, TOPICS)

    def forward(self, words, offsets):
        return self.fc(self.bag(words, offsets))

    def training_step(self, batch, _):
        w, o, y = batch
        loss = nn.functional.cross_entropy(self(w, o), y)
        self.log("train_loss", loss, batch_size=len(y))
        return loss

    def validation_step(self, batch, _):
        w, o, y = batch
        z = self(w, o)
        self.log("val_loss", nn.functional.cross_entropy(z, y), batch_size=len(y))
        self.log("val_acc", (z.argmax(1) == y).float().mean(), batch_size=len(y))

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=5e-3)
        sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "interval": "epoch"}}
