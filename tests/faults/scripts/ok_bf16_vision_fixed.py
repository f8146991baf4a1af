import copy

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(10)
ACCUM = 4
MICRO = 16


def blobs(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 4, (n,), generator=g)
    x = torch.zeros(n, 1, 18, 18)
    for i in range(n):
        spots = torch.randperm(16, generator=g)[: int(y[i]) + 1]
        for s in spots.tolist():
            r, c = 2 + (s // 4) * 4, 2 + (s % 4) * 4
            x[i, 0, r : r + 2, c : c + 2] = 1.0
    return x + 0.15 * torch.randn(x.shape, generator=g), y


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.GroupNorm(4, 16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.GroupNorm(4, 32),
            nn.ReLU(),
        )
        self.h = nn.Linear(32 * 81, 4)

    def forward(self, x):
        return self.h(self.f(x).flatten(1))


@torch.no_grad()
def update_ema(ema, net, decay):
    for e, p in zip(ema.parameters(), net.parameters()):
        e.lerp_(p, 1 - decay)


xt, yt = blobs(1280, 0)
xv, yv = blobs(400, 1)
net = Counter()
ema = copy.deepcopy(net)
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
total = 14 * (len(xt) // (MICRO * ACCUM))
warm = 20
sched = torch.optim.lr_scheduler.LambdaLR(
    opt, lambda s: min((s + 1) / warm, max(0.02, 1 - s / total))
)
step = 0
for epoch in range(14):
    net.train()
    chunks = torch.randperm(len(xt)).split(MICRO)
    for k, b in enumerate(chunks):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = net(xt[b])
        loss = F.cross_entropy(out.float(), yt[b])
        (loss / ACCUM).backward()
        if (k + 1) % ACCUM == 0:
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            opt.zero_grad(set_to_none=True)
            sched.step()
            step += 1
            update_ema(ema, net, min(0.97, (1 + step) / (10 + step)))
    ema.eval()
    with torch.no_grad():
        acc = (ema(xv).argmax(1) == yv).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} lr {sched.get_last_lr()[0]:.5f}")
    print(f"val accuracy {acc:.4f}")
