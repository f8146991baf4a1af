import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(7)
gen = torch.Generator().manual_seed(7)

# ---- corpus: sentences walk around a ring of 16 words, clockwise or anticlockwise, 8 to 12 steps
V, L = 16, 12
PAD, MASK, OFF = 0, 1, 2


def corpus(n):
    start = torch.randint(V, (n, 1), generator=gen)
    stride = 2 * torch.randint(2, (n, 1), generator=gen) - 1
    length = torch.randint(8, L + 1, (n, 1), generator=gen)
    pos = torch.arange(L)[None]
    ids = (start + stride * pos) % V + OFF
    flip = torch.rand(n, L, generator=gen) < 0.03  # typos
    ids = torch.where(flip, torch.randint(V, (n, L), generator=gen) + OFF, ids)
    return torch.where(pos < length, ids, PAD)


def corrupt(ids, g):
    pick = (torch.rand(ids.shape, generator=g) < 0.2) & (ids != PAD)
    labels = ids.masked_fill(~pick, -100)
    r = torch.rand(ids.shape, generator=g)
    inp = torch.where(pick & (r < 0.8), MASK, ids)
    rnd = torch.randint(V, ids.shape, generator=g) + OFF
    inp = torch.where(pick & (r >= 0.9), rnd, inp)
    return inp, labels


class Bert(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.tok = nn.Embedding(V + OFF, d, padding_idx=PAD)
        self.pos = nn.Parameter(torch.randn(L, d))
        layer = nn.TransformerEncoderLayer(
            d, 4, 96, dropout=0.0, batch_first=True, norm_first=True, activation="gelu"
        )
        self.enc = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(d), enable_nested_tensor=False)
        self.bias = nn.Parameter(torch.zeros(V + OFF))
        nn.init.normal_(self.tok.weight, std=d**-0.5)
        with torch.no_grad():
            self.tok.weight[PAD].zero_()

    def forward(self, ids):
        h = self.enc(self.tok(ids) * 48**0.5 + self.pos, src_key_padding_mask=ids == PAD)
        return h @ self.tok.weight.t() + self.bias  # decoder shares the embedding


train, val = corpus(4000), corpus(500)
val_in, val_lab = corrupt(val, torch.Generator().manual_seed(99))  # masked once, reused every time
m = Bert()
decay = [p for p in m.parameters() if p.ndim > 1]
rest = [p for p in m.parameters() if p.ndim <= 1]
opt = torch.optim.AdamW(
    [{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}],
    lr=3e-3,
    betas=(0.9, 0.98),
)
STEPS, WARM = 400, 40
sch = torch.optim.lr_scheduler.LambdaLR(
    opt, lambda s: min((s + 1) / WARM, max(0.0, (STEPS - s) / (STEPS - WARM)))
)

for s in range(1, STEPS + 1):
    b = train[torch.randint(len(train), (64,), generator=gen)]
    x, lab = corrupt(b, gen)
    loss = F.cross_entropy(m(x).transpose(1, 2), lab)
    loss.backward()
    nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    opt.step()
    sch.step()
    opt.zero_grad()
    if s % 100 == 0:
        m.eval()
        with torch.no_grad():
            o = m(val_in)
            sel = val_lab != -100
            acc = (o.argmax(-1)[sel] == val_lab[sel]).float().mean().item()
            vl = F.cross_entropy(o[sel], val_lab[sel]).item()
        m.train()
        print(f"step {s}: mlm loss {loss.item():.3f} | val {vl:.3f} acc@masked {acc:.3f}")
print("val_acc", acc)
