import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

random.seed(3)
np.random.seed(3)
torch.manual_seed(3)

INTENTS = {
    "weather": "rain sun forecast umbrella degrees cloudy".split(),
    "music": "play song album louder artist shuffle".split(),
    "alarm": "wake snooze timer minutes remind morning".split(),
    "lights": "lamp dim bright kitchen bedroom switch".split(),
}
FILLER = "please the a can you my what is it on in for now today to".split()
names = list(INTENTS)
vocab = {"<pad>": 0}
for w in FILLER + sum(INTENTS.values(), []):
    vocab[w] = len(vocab)


def sentence():
    c = random.randrange(len(names))
    n = random.randint(5, 12)
    words = [random.choice(FILLER) for _ in range(n)]
    for _ in range(2):
        words[random.randrange(n)] = random.choice(INTENTS[names[c]])
    if random.random() < 0.4:
        words.insert(0, random.choice(INTENTS[random.choice(names)]))
    return [vocab[w] for w in words], c


class IntentData(Dataset):
    def __init__(self, n):
        self.rows = [sentence() for _ in range(n)]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


def collate(batch):
    seqs = [torch.tensor(s) for s, _ in batch]
    lens = torch.tensor([len(s) for s in seqs])
    return pad_sequence(seqs, batch_first=True), lens, torch.tensor([c for _, c in batch])


class IntentGRU(nn.Module):
    def __init__(self, emb=24, hid=32):
        super().__init__()
        self.emb = nn.Embedding(len(vocab), emb, padding_idx=0)
        self.gru = nn.GRU(emb, hid, batch_first=True)
        self.fc = nn.Linear(hid, len(names))

    def forward(self, x, lens):
        packed = pack_padded_sequence(self.emb(x), lens, batch_first=True, enforce_sorted=False)
        _, h = self.gru(packed)
        return F.log_softmax(self.fc(h[-1]), dim=1)


train_dl = DataLoader(IntentData(1500), batch_size=32, shuffle=True, collate_fn=collate)
val_dl = DataLoader(IntentData(400), batch_size=100, collate_fn=collate)
model = IntentGRU()
criterion = nn.NLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(1, 9):
    model.train()
    losses = []
    for x, lens, y in train_dl:
        optimizer.zero_grad()
        loss = criterion(model(x, lens), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    hits, vloss, n = 0, 0.0, 0
    with torch.no_grad():
        for x, lens, y in val_dl:
            out = model(x, lens)
            vloss += criterion(out, y).item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
            n += len(y)
    print(
        f"Epoch {epoch}: train loss {np.mean(losses):.4f}, val_loss {vloss / n:.4f}, val_acc {hits / n:.4f}"
    )
