import datetime as dt
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

random.seed(0)
torch.manual_seed(0)
PAD, BOS, EOS = 0, 1, 2
chars = ["<pad>", "<bos>", "<eos>"] + sorted(set("0123456789-/ ,abcdefghijklmnopqrstuvwxyz"))
stoi = {c: i for i, c in enumerate(chars)}
FMT = ["%d %b %Y", "%b %d, %Y", "%d/%m/%Y", "%Y %b %d"]


def enc(s):
    return [stoi[c] for c in s]


def pad(rows):
    L = max(map(len, rows))
    return torch.tensor([r + [PAD] * (L - len(r)) for r in rows])


# every calendar day goes to exactly one split
days = [dt.date(1960, 1, 1) + dt.timedelta(days=i) for i in range(22000)]
random.shuffle(days)
train_days, val_days = days[:3000], days[5000:5250]


def batchify(ds):
    src = pad([enc(d.strftime(random.choice(FMT)).lower()) for d in ds])
    tgt = pad([[BOS] + enc(d.isoformat()) + [EOS] for d in ds])
    return src, tgt


class Seq2Seq(nn.Module):
    def __init__(self, V, E=32, H=96):
        super().__init__()
        self.emb = nn.Embedding(V, E, padding_idx=PAD)
        self.enc = nn.GRU(E, H // 2, bidirectional=True, batch_first=True)
        self.dec = nn.GRU(E, H, batch_first=True)
        self.q = nn.Linear(H, H, bias=False)
        self.out = nn.Linear(2 * H, V)

    def encode(self, src):
        n = (src != PAD).sum(1)
        mem, h = self.enc(
            pack_padded_sequence(self.emb(src), n, batch_first=True, enforce_sorted=False)
        )
        mem, _ = pad_packed_sequence(mem, batch_first=True)
        return mem, torch.cat([h[0], h[1]], -1)[None], src == PAD

    def decode(self, tok, h, mem, mask):
        o, h = self.dec(self.emb(tok), h)
        a = (self.q(o) @ mem.transpose(1, 2)).masked_fill(mask[:, None], -1e9).softmax(-1)
        return self.out(torch.cat([o, a @ mem], -1)), h


net = Seq2Seq(len(chars))
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
val_src, val_tgt = batchify(val_days)


@torch.no_grad()
def exact():
    net.eval()
    mem, h, mask = net.encode(val_src)
    tok = torch.full((len(val_src), 1), BOS)
    outs = []
    for _ in range(val_tgt.size(1) - 1):
        lg, h = net.decode(tok, h, mem, mask)
        tok = lg.argmax(-1)
        outs.append(tok)
    net.train()
    return (torch.cat(outs, 1) == val_tgt[:, 1:]).all(1).float().mean().item()


step, BS, EPOCHS = 0, 48, 5
sch = torch.optim.lr_scheduler.OneCycleLR(
    opt, 8e-3, total_steps=EPOCHS * (-(-len(train_days) // BS)), pct_start=0.15
)
for ep in range(EPOCHS):
    random.shuffle(train_days)
    for i in range(0, len(train_days), BS):
        src, tgt = batchify(train_days[i : i + BS])
        mem, h, mask = net.encode(src)
        logits, _ = net.decode(tgt[:, :-1], h, mem, mask)  # teacher forcing
        loss = F.cross_entropy(logits.flatten(0, 1), tgt[:, 1:].flatten(), ignore_index=PAD)
        opt.zero_grad()
        loss.backward()
        gn = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        sch.step()
        step += 1
    print(
        f"[{ep}] step {step} loss {loss.item():.4f} gnorm {gn:.2f} greedy exact match {exact():.3f}"
    )
print("val_exact_match", exact())
