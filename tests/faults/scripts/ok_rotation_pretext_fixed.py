import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(6)
d = load_digits()
p = torch.randperm(len(d.target))
x = torch.tensor(d.images, dtype=torch.float32)[p].unsqueeze(1) / 16
y = torch.tensor(d.target)[p]
xt, yt, xv, yv = x[:1400], y[:1400], x[1400:], y[1400:]


def rotate(b):
    """All four rotations of the batch and which one it is."""
    return torch.cat([torch.rot90(b, k, (2, 3)) for k in range(4)]), torch.arange(
        4
    ).repeat_interleave(len(b))


backbone = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1),
    nn.BatchNorm2d(64),
    nn.ReLU(),
    nn.Flatten(),
)
rot_head = nn.Linear(1024, 4)
opt = torch.optim.Adam([*backbone.parameters(), *rot_head.parameters()], lr=1e-3)
for epoch in range(6):
    backbone.train()
    s = 0.0
    for idx in torch.randperm(len(xt)).split(64):
        r, k = rotate(xt[idx])
        loss = F.cross_entropy(rot_head(backbone(r)), k)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item() * len(idx)
    backbone.eval()
    with torch.no_grad():
        r, k = rotate(xv)
        acc = (rot_head(backbone(r)).argmax(1) == k).float().mean()
    print(f"pretext epoch {epoch} loss {s / len(xt):.4f} val rotation acc {acc:.4f}")

backbone.eval()
for q in backbone.parameters():
    q.requires_grad = False
with torch.no_grad():
    ft, fv = backbone(xt), backbone(xv)
probe = nn.Linear(1024, 10)
opt = torch.optim.Adam(probe.parameters(), lr=2e-3)
for epoch in range(15):
    s = 0.0
    for idx in torch.randperm(len(ft)).split(64):
        loss = F.cross_entropy(probe(ft[idx]), yt[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item() * len(idx)
    with torch.no_grad():
        acc = (probe(fv).argmax(1) == yv).float().mean()
    print(f"probe epoch {epoch} loss {s / len(ft):.4f} val acc {acc:.4f}")
