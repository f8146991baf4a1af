import random

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

random.seed(10)
torch.manual_seed(10)
V, PAD, HOT = 30, 0, {3, 7, 11, 19}


def sentence():
    n = random.randint(5, 20)
    s = [random.randint(1, V - 1) for _ in range(n)]
    return torch.tensor(s), int(sum(t in HOT for t in s) >= 2)


data = [sentence() for _ in range(2500)]
train, val = data[:2000], data[2000:]


def collate(b):
    x = pad_sequence([s for s, _ in b], batch_first=True, padding_value=PAD)
    return x, torch.tensor([y for _, y in b])


class Attend(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(V, d, padding_idx=PAD)
        self.attn = nn.MultiheadAttention(d, 4, batch_first=True)
        self.norm = nn.LayerNorm(d)
        self.head = nn.Sequential(nn.Linear(d, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, x):
        pad = x == PAD
        e = self.emb(x)
        a, _ = self.attn(e, e, e, key_padding_mask=pad, need_weights=False)
        h = self.norm(e + a).masked_fill(pad.unsqueeze(-1), 0)
        return self.head(h.sum(1) / 5)


net = Attend()
loader = DataLoader(train, 50, shuffle=True, collate_fn=collate)
EPOCHS = 12
rest = [p for n, p in net.named_parameters() if not n.startswith("emb")]
opt = torch.optim.AdamW(
    [{"params": net.emb.parameters(), "lr": 1e-2}, {"params": rest, "lr": 3e-3}], weight_decay=1e-3
)
sched = torch.optim.lr_scheduler.OneCycleLR(
    opt, [1e-2, 3e-3], epochs=EPOCHS, steps_per_epoch=len(loader)
)
xv, yv = collate(val)
for epoch in range(EPOCHS):
    net.train()
    t = 0.0
    for x, y in loader:
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        sched.step()
        t += loss.item()
    net.eval()
    with torch.no_grad():
        z = net(xv)
    print(
        f"epoch {epoch} loss {t / len(loader):.4f} val loss {nn.functional.cross_entropy(z, yv):.4f} val acc {(z.argmax(1) == yv).float().mean():.4f}"
    )
