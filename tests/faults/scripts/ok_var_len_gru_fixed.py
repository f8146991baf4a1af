import argparse

import numpy as np
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

ap = argparse.ArgumentParser()
ap.add_argument("--epochs", type=int, default=12)
ap.add_argument("--lr", type=float, default=5e-3)
ap.add_argument("--seed", type=int, default=0)
args = ap.parse_args()

torch.manual_seed(args.seed)
rng = np.random.default_rng(args.seed)


class Walks(Dataset):
    def __init__(self, n):
        self.items = []
        for _ in range(n):
            length = int(rng.integers(8, 30))
            c = int(rng.integers(0, 3))
            phi = [-0.7, 0.0, 0.8][c]
            s = np.zeros(length, np.float32)
            s[0] = rng.normal()
            for t in range(1, length):
                s[t] = phi * s[t - 1] + rng.normal() * np.sqrt(1 - phi**2)
            self.items.append((torch.from_numpy(s)[:, None], c))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(batch):
    seqs, ys = zip(*batch)
    lens = torch.tensor([len(s) for s in seqs])
    return pad_sequence(seqs, batch_first=True), lens, torch.tensor(ys)


class Clf(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 32, batch_first=True)
        self.out = nn.Linear(32, 3)

    def forward(self, x, lens):
        packed = pack_padded_sequence(x, lens, batch_first=True, enforce_sorted=False)
        _, h = self.gru(packed)
        return self.out(h[-1])


tr = DataLoader(Walks(1500), 50, shuffle=True, collate_fn=collate)
va = DataLoader(Walks(400), 100, collate_fn=collate)
model = Clf()
opt = torch.optim.Adam(model.parameters(), lr=args.lr)
for ep in range(args.epochs):
    model.train()
    for x, l, y in tr:
        loss = nn.functional.cross_entropy(model(x, l), y)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
    model.eval()
    ok = n = 0
    with torch.no_grad():
        for x, l, y in va:
            ok += (model(x, l).argmax(-1) == y).sum().item()
            n += len(y)
    print(f"[{ep}] last loss {loss.item():.3f} val acc {ok / n:.3f}")
