import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(42)


# toy "tasting notes": words are stored as ids coming from the export
def make_notes(n=1500, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    notes = []
    for c in y:
        theme = rng.integers(c * 10, c * 10 + 10, 4)
        rest = rng.integers(0, 40, 6)
        note = np.concatenate([theme, rest])
        rng.shuffle(note)
        notes.append([int(w) for w in note])
    return notes, y


def build_vocab(notes):
    vocab = {"<pad>": 0, "<unk>": 1}
    for note in notes:
        for w in note:
            vocab.setdefault(str(w), len(vocab))
    return vocab


def encode(note, vocab):
    return [vocab.get(w, vocab["<unk>"]) for w in note]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        notes, y = make_notes()
        cut = int(0.8 * len(notes))
        vocab = build_vocab(notes[:cut])
        X = torch.tensor([encode(n, vocab) for n in notes])
        y = torch.tensor(y)
        self.train_set = TensorDataset(X[:cut], y[:cut])
        self.val_set = TensorDataset(X[cut:], y[cut:])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=256)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(60, 24, padding_idx=0)
        self.net = nn.Sequential(nn.Linear(24, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, x):
        return self.net(self.emb(x).mean(1))

    def training_step(self, batch, idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
