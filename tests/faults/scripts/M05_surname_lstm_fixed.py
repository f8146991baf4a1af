import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

random.seed(13)
torch.manual_seed(13)

SYLL = {
    "north": ["sen", "gard", "holm", "strom", "berg", "lund", "vik"],
    "south": ["ella", "ini", "rossi", "ano", "etti", "cola", "mar"],
    "east": ["ov", "ski", "yev", "kov", "mir", "dan", "ich"],
}
NAMES = list(SYLL)
letters = sorted({c for v in SYLL.values() for s in v for c in s})
stoi = {c: i + 1 for i, c in enumerate(letters)}


def sample(kind):
    s = "".join(
        random.choice(SYLL[kind] if random.random() > 0.2 else SYLL[random.choice(NAMES)])
        for _ in range(random.randint(2, 4))
    )
    return torch.tensor([stoi[c] for c in s]), NAMES.index(kind)


data = [sample(random.choice(NAMES)) for _ in range(1500)]
train, val = data[:1200], data[1200:]


def collate(batch):
    xs, ys = zip(*batch)
    return pad_sequence(xs, batch_first=True), torch.tensor([len(x) for x in xs]), torch.tensor(ys)


class CharLSTM(nn.Module):
    def __init__(self, n_char, hidden=48):
        super().__init__()
        self.emb = nn.Embedding(n_char + 1, 24, padding_idx=0)
        self.rnn = nn.LSTM(24, hidden, batch_first=True)
        self.out = nn.Linear(hidden, len(NAMES))

    def forward(self, x, n):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.emb(x), n, batch_first=True, enforce_sorted=False
        )
        _, (h, _) = self.rnn(packed)
        return F.log_softmax(self.out(h[-1]), dim=-1)


model = CharLSTM(len(letters))
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
loader = torch.utils.data.DataLoader(train, batch_size=32, shuffle=True, collate_fn=collate)
xv, nv, yv = collate(val)
for epoch in range(12):
    model.train()
    losses = []
    for x, n, y in loader:
        opt.zero_grad()
        loss = F.nll_loss(model(x, n), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        lp = model(xv, nv)
    print(
        f"epoch {epoch} loss {sum(losses) / len(losses):.3f} val_loss {F.nll_loss(lp, yv):.3f} "
        f"val_acc {(lp.argmax(1) == yv).float().mean():.3f}"
    )
