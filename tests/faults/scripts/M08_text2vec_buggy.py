import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
rng = np.random.RandomState(0)
N, D, E = 2400, 20, 16
A = rng.randn(D, 40)
B = rng.randn(40, E)
desc = rng.randn(N, D).astype(np.float32)
emb = np.tanh(desc @ A / 3) @ B + 0.5 * rng.randn(N, E)
emb = (emb / np.linalg.norm(emb, axis=1, keepdims=True)).astype(np.float32)
Xt, Xv = torch.tensor(desc[:2000]), torch.tensor(desc[2000:])
Et, Ev = torch.tensor(emb[:2000]), torch.tensor(emb[2000:])


def build():
    return nn.Sequential(
        nn.Linear(D, 128), nn.GELU(), nn.Linear(128, 128), nn.GELU(), nn.Linear(128, E)
    )


def cosine_loss(p, t):
    return F.cosine_similarity(p, t, dim=-1).mean()


def validate(f):
    f.eval()
    with torch.no_grad():
        return F.cosine_similarity(f(Xv), Ev, dim=-1).mean().item()


f = build()
opt = torch.optim.AdamW(f.parameters(), lr=1e-3, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=40)
for epoch in range(40):
    f.train()
    perm = torch.randperm(len(Xt))
    for i in range(0, len(Xt), 50):
        idx = perm[i : i + 50]
        loss = cosine_loss(f(Xt[idx]), Et[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    if epoch % 10 == 9:
        print(epoch, loss.item())
        print("validation cosine", round(validate(f), 4))
