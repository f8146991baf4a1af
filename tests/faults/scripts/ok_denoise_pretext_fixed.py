import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 2
np.random.seed(SEED)
torch.manual_seed(SEED)
X, y = load_digits(return_X_y=True)
a, b, c, d = train_test_split(X / 16.0, y, test_size=0.25, stratify=y, random_state=SEED)
Xt, Xv = torch.tensor(a).float(), torch.tensor(b).float()
yt, yv = torch.tensor(c), torch.tensor(d)

encoder = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU())
decoder = nn.Linear(128, 64)
opt = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
for ep in range(30):
    encoder.train()
    decoder.train()
    tot = 0.0
    for i in torch.randperm(len(Xt)).split(64):
        keep = (torch.rand_like(Xt[i]) > 0.3).float()
        loss = (decoder(encoder(Xt[i] * keep)) - Xt[i]).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(i)
    encoder.eval()
    decoder.eval()
    with torch.no_grad():
        v = (decoder(encoder(Xv)) - Xv).square().mean().item()
    print(f"pretext epoch {ep} train {tot / len(Xt):.4f} val {v:.4f}")

encoder.requires_grad_(False).eval()
with torch.no_grad():
    Ht, Hv = encoder(Xt), encoder(Xv)
mu, sd = Ht.mean(0), Ht.std(0) + 1e-3
Ht, Hv = (Ht - mu) / sd, (Hv - mu) / sd
probe = nn.Linear(128, 10)
opt = torch.optim.SGD(probe.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
for ep in range(15):
    probe.train()
    tot = 0.0
    for i in torch.randperm(len(Ht)).split(64):
        loss = nn.functional.cross_entropy(probe(Ht[i]), yt[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(i)
    probe.eval()
    with torch.no_grad():
        acc = (probe(Hv).argmax(1) == yv).float().mean().item()
    print(f"probe epoch {ep} train {tot / len(Ht):.4f} val_acc {acc:.4f}")
