import random

import lightning as pl
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

GOOD = ["great", "lovely", "fast", "sturdy", "bright"]
BAD = ["awful", "slow", "broken", "noisy", "dull"]
FILL = [
    "the",
    "lamp",
    "arrived",
    "and",
    "box",
    "it",
    "was",
    "for",
    "my",
    "desk",
    "a",
    "with",
    "cable",
]
PAD = "<pad>"
VOCAB = {w: i for i, w in enumerate([PAD, "not"] + GOOD + BAD + FILL)}


def fake_review(rnd):
    while True:
        toks, score = [], 0
        for _ in range(rnd.randint(2, 6)):
            toks += rnd.choices(FILL, k=rnd.randint(0, 4))
            s = rnd.choice([1, -1])
            if rnd.random() < 0.35:
                toks.append("not")
                toks.append(rnd.choice(GOOD if s > 0 else BAD))
                s = -s
            else:
                toks.append(rnd.choice(GOOD if s > 0 else BAD))
            score += s
        if score != 0:
            break
    label = int(score > 0)
    if rnd.random() < 0.03:  # careless customers tick the wrong star
        label = 1 - label
    return toks, label


def collate(items):
    seqs = [torch.tensor([VOCAB[w] for w in t]) for t, _ in items]
    return {
        "ids": pad_sequence(seqs, batch_first=True, padding_value=0),
        "len": torch.tensor([len(s) for s in seqs]),
        "label": torch.tensor([l for _, l in items], dtype=torch.float32),
    }


class Data(pl.LightningDataModule):
    def __init__(self):
        super().__init__()
        rnd = random.Random(99)
        self.tr = [fake_review(rnd) for _ in range(4000)]
        known = {tuple(t) for t, _ in self.tr}
        self.va = []
        while len(self.va) < 800:
            r = fake_review(rnd)
            if tuple(r[0]) not in known:
                self.va.append(r)

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True, collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=200, collate_fn=collate)


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(len(VOCAB), 24, padding_idx=0)
        self.lstm = nn.LSTM(24, 32, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(64, 1)
        self.crit = nn.BCEWithLogitsLoss()

    def forward(self, batch):
        packed = pack_padded_sequence(
            self.emb(batch["ids"]), batch["len"].cpu(), batch_first=True, enforce_sorted=False
        )
        _, (h, _) = self.lstm(packed)
        return self.fc(self.drop(torch.cat([h[0], h[1]], dim=1))).squeeze(1)

    def training_step(self, batch, batch_idx):
        loss = self.crit(self(batch), batch["label"])
        self.log("train_loss", loss, batch_size=len(batch["label"]))
        return loss

    def validation_step(self, batch, batch_idx):
        out, y = self(batch), batch["label"]
        self.log("val_loss", self.crit(out, y), batch_size=len(y))
        self.log(
            "val_acc", ((out > 0).float() == y).float().mean(), batch_size=len(y), prog_bar=True
        )

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=4e-3, weight_decay=1e-2)
        return [opt], [torch.optim.lr_scheduler.MultiStepLR(opt, milestones=[3], gamma=0.1)]

    def configure_gradient_clipping(
        self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
    ):
        nn.utils.clip_grad_norm_(self.parameters(), 1.0)
