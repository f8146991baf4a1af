"""Tagging of short texts (bags of token ids); several tags can apply at once, some are rare."""

import lightning as pl
import numpy as np
import torch
from sklearn.metrics import average_precision_score
from torch import nn
from torch.utils.data import DataLoader

VOCAB, TAGS = 400, 8


def simulate(n, seed, topics):
    rng = np.random.default_rng(seed)
    rate = np.array([0.4, 0.3, 0.3, 0.25, 0.2, 0.12, 0.1, 0.08])
    items = []
    for _ in range(n):
        tags = rng.random(TAGS) < rate
        p = np.full(VOCAB, 1 / VOCAB)
        if tags.any():
            p = 0.5 * p + 0.5 * topics[tags].mean(0)
        length = rng.integers(25, 70)
        items.append(
            (torch.tensor(rng.choice(VOCAB, length, p=p)), torch.tensor(tags, dtype=torch.float32))
        )
    return items


def collate(rows):
    lengths = torch.tensor([len(t) for t, _ in rows])
    offsets = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]])
    return {
        "tokens": torch.cat([t for t, _ in rows]),
        "offsets": offsets,
        "tags": torch.stack([y for _, y in rows]),
    }


class Data(pl.LightningDataModule):
    def __init__(self):
        super().__init__()
        topics = np.random.default_rng(0).dirichlet(np.full(VOCAB, 0.05), TAGS)
        self.train_rows = simulate(3000, 1, topics)
        self.val_rows = simulate(800, 2, topics)

    def train_dataloader(self):
        return DataLoader(self.train_rows, batch_size=50, shuffle=True, collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(self.val_rows, batch_size=200, collate_fn=collate)


class Model(pl.LightningModule):
    def __init__(self, dim=32, lr=5e-3):
        super().__init__()
        self.save_hyperparameters()
        self.bag = nn.EmbeddingBag(VOCAB, dim, mode="mean")
        self.head = nn.Sequential(
            nn.LayerNorm(dim), nn.Dropout(0.1), nn.Linear(dim, 64), nn.ReLU(), nn.Linear(64, TAGS)
        )
        # roughly sqrt(neg/pos) measured on the training tags
        self.register_buffer("pos_weight", torch.tensor([1.2, 1.5, 1.5, 1.7, 2.0, 2.7, 3.0, 3.4]))
        self.scores, self.truth = [], []

    def forward(self, b):
        return self.head(self.bag(b["tokens"], b["offsets"]))

    def training_step(self, b, i):
        loss = nn.functional.binary_cross_entropy_with_logits(
            self(b), b["tags"], pos_weight=self.pos_weight
        )
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, i):
        z = self(b)
        n = len(b["tags"])
        self.log(
            "val_loss",
            nn.functional.binary_cross_entropy_with_logits(
                z, b["tags"], pos_weight=self.pos_weight
            ),
            batch_size=n,
        )
        self.scores.append(z.sigmoid().cpu().numpy())
        self.truth.append(b["tags"].cpu().numpy())

    def on_validation_epoch_end(self):
        s, t = np.concatenate(self.scores), np.concatenate(self.truth)
        self.scores.clear()
        self.truth.clear()
        if (t.sum(0) > 0).all():
            self.log(
                "val_map", float(average_precision_score(t, s, average="macro")), prog_bar=True
            )

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=self.hparams.lr)
        return {"optimizer": opt, "lr_scheduler": torch.optim.lr_scheduler.ExponentialLR(opt, 0.85)}
