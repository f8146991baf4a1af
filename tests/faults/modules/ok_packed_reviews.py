import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset


class Reviews(Dataset):
    def __init__(self, n, seed):
        r = np.random.default_rng(seed)
        self.items = []
        for _ in range(n):
            k = int(r.integers(6, 22))
            toks = r.integers(1, 120, k)
            y = int(r.integers(0, 2))
            words = r.integers(120, 135, 2) if y else r.integers(135, 150, 2)
            toks[r.choice(k, 2, replace=False)] = words
            self.items.append((torch.from_numpy(toks), y))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(batch):
    seqs, ys = zip(*batch)
    lens = torch.tensor([len(s) for s in seqs])
    return pad_sequence(seqs, batch_first=True, padding_value=0), lens, torch.tensor(ys)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = Reviews(2400, 1), Reviews(500, 2)

    def train_dataloader(self):
        return DataLoader(self.tr, 60, shuffle=True, collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(self.va, 250, collate_fn=collate)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        L.seed_everything(121, verbose=False)
        self.emb = nn.Embedding(150, 32, padding_idx=0)
        self.gru = nn.GRU(32, 48, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(96, 2)

    def forward(self, s, lens):
        p = pack_padded_sequence(self.emb(s), lens, batch_first=True, enforce_sorted=False)
        _, h = self.gru(p)
        return self.fc(torch.cat([h[0], h[1]], 1))

    def training_step(self, batch, i):
        s, n, y = batch
        loss = nn.functional.cross_entropy(self(s, n), y)
        self.log("train_loss", loss, batch_size=len(y))
        return loss

    def validation_step(self, batch, i):
        s, n, y = batch
        out = self(s, n)
        self.log("val_loss", nn.functional.cross_entropy(out, y), batch_size=len(y))
        self.log("val_acc", (out.argmax(1) == y).float().mean(), batch_size=len(y))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
