# Character model over a long synthetic log; hidden state is carried from chunk to chunk (truncated BPTT).
import math

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(0)
rng = np.random.default_rng(0)

words = ["start", "stop", "read", "write", "open", "close", "sync"]
trans = rng.dirichlet(np.full(len(words), 0.35), size=len(words))


def make_text(n, seed):
    r = np.random.default_rng(seed)
    s, out = 0, []
    for _ in range(n):
        s = r.choice(len(words), p=trans[s])
        out.append(words[s])
    return " ".join(out) + " "


train_text, val_text = make_text(6000, 1), make_text(1200, 2)
vocab = sorted(set("".join(words) + " "))
stoi = {c: i for i, c in enumerate(vocab)}


def streams(text, lanes):
    ids = torch.tensor([stoi[c] for c in text])
    n = len(ids) // lanes
    return ids[: n * lanes].view(lanes, n)


LANES, T = 16, 48
tr, va = streams(train_text, LANES), streams(val_text, 4)


class CharGRU(nn.Module):
    def __init__(self, v, d=24, h=96):
        super().__init__()
        self.emb = nn.Embedding(v, d)
        self.gru = nn.GRU(d, h, batch_first=True)
        self.out = nn.Linear(h, v)

    def forward(self, x, state=None):
        z, state = self.gru(self.emb(x), state)
        return self.out(z), state


model = CharGRU(len(vocab))
optim = torch.optim.Adam(model.parameters(), lr=3e-3)
lossf = nn.CrossEntropyLoss()


def chunks(s):
    for i in range(0, s.size(1) - 1, T):
        j = min(i + T, s.size(1) - 1)
        yield s[:, i:j], s[:, i + 1 : j + 1]


freq = torch.bincount(tr.flatten()).float()
freq = freq / freq.sum()
print("unigram bits/char: %.3f" % (-(freq * freq.log2()).sum()))

for epoch in range(5):
    model.train()
    state, tot, cnt = None, 0.0, 0
    for x, y in chunks(tr):
        logits, state = model(x, state)
        state = state.detach()
        loss = lossf(logits.flatten(0, 1), y.flatten())
        optim.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optim.step()
        tot += loss.item() * y.numel()
        cnt += y.numel()
    model.eval()
    vs, vt, vn = None, 0.0, 0
    with torch.no_grad():
        for x, y in chunks(va):
            logits, vs = model(x, vs)
            vt += lossf(logits.flatten(0, 1), y.flatten()).item() * y.numel()
            vn += y.numel()
    print(
        f"epoch {epoch} train bpc {tot / cnt / math.log(2):.3f} val bpc {vt / vn / math.log(2):.3f}"
    )
