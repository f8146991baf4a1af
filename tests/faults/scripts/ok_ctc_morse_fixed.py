# Toy "speech": each symbol is rendered for a random number of frames, gaps of silence in between,
# alignment unknown -> CTC.
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

random.seed(3)
torch.manual_seed(3)
N_SYM, FEAT = 8, 12
PROTO = torch.randn(N_SYM, FEAT)


def utterance():
    n = random.randint(3, 7)
    lab = [random.randrange(N_SYM) for _ in range(n)]
    frames = []
    for s in lab:
        frames += [torch.zeros(FEAT)] * random.randint(1, 3)
        frames += [PROTO[s]] * random.randint(2, 5)
    frames += [torch.zeros(FEAT)]
    x = torch.stack(frames)
    x = x + 0.6 * torch.randn_like(x)
    return x, torch.tensor(lab) + 1  # 0 is reserved for blank


def collate(items):
    xs, ys = zip(*items)
    return (
        pad_sequence(xs, batch_first=True),
        torch.tensor([len(x) for x in xs]),
        torch.cat(ys),
        torch.tensor([len(y) for y in ys]),
    )


train = [utterance() for _ in range(800)]
valid = [utterance() for _ in range(200)]
tl = DataLoader(train, 32, shuffle=True, collate_fn=collate)
vl = DataLoader(valid, 100, collate_fn=collate)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(FEAT, 48, bidirectional=True, batch_first=True)
        self.out = nn.Linear(96, N_SYM + 1)

    def forward(self, x, n):
        h, _ = self.rnn(pack_padded_sequence(x, n, batch_first=True, enforce_sorted=False))
        h, _ = pad_packed_sequence(h, batch_first=True)
        return self.out(h).log_softmax(-1).transpose(0, 1)  # T,N,C


def edit(a, b):
    d = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        prev, d[0] = d[0], i
        for j, cb in enumerate(b, 1):
            prev, d[j] = d[j], min(d[j] + 1, d[j - 1] + 1, prev + (ca != cb))
    return d[-1]


def greedy(lp, n):
    best = lp.argmax(-1).t()
    out = []
    for row, k in zip(best, n):
        r = torch.unique_consecutive(row[:k])
        out.append(r[r != 0].tolist())
    return out


net = Net()
opt = torch.optim.Adam(net.parameters(), 4e-3)
crit = nn.CTCLoss(blank=0)
for ep in range(7):
    net.train()
    tot = 0.0
    for x, n, y, m in tl:
        loss = crit(net(x, n), y, n, m)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        tot += loss.item()
    net.eval()
    err = ref = 0
    vloss = 0.0
    with torch.no_grad():
        for x, n, y, m in vl:
            lp = net(x, n)
            vloss += crit(lp, y, n, m).item() / len(vl)
            for hyp, gold in zip(greedy(lp, n), y.split(m.tolist())):
                err += edit(hyp, gold.tolist())
                ref += len(gold)
    print(f"epoch {ep} train {tot / len(tl):.3f} val {vloss:.3f} TER {err / ref:.3f}")
print("val_token_accuracy", 1 - err / ref)
