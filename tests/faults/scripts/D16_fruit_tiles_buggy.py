import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

SEED = 21
np.random.seed(SEED)
torch.manual_seed(SEED)
H = W = 15


def draw(kind, rng):
    img = rng.uniform(0.2, 0.45, (H, W, 3))
    cy, cx = rng.integers(4, 11, 2)
    r = rng.integers(2, 4)
    yy, xx = np.mgrid[:H, :W]
    shape, tint = kind // 2, kind % 2
    if shape == 0:
        m = (yy - cy) ** 2 + (xx - cx) ** 2 <= r * r
    elif shape == 1:
        m = (np.abs(yy - cy) <= r) & (np.abs(xx - cx) <= 1)
    else:
        m = (np.abs(xx - cx) <= r) & (np.abs(yy - cy) <= 1)
    col = np.array([[0.75, 0.5, 0.3], [0.5, 0.75, 0.3]][tint])
    img[m] = 0.6 * col + 0.4 * img[m]
    return img + rng.normal(0, 0.08, img.shape)


def load_tiles(n):
    rng = np.random.default_rng(SEED)
    y = rng.integers(0, 6, n)
    x = np.stack([draw(k, rng) for k in y]).astype(np.float32)
    return x, y


x, y = load_tiles(2200)
x = torch.from_numpy((x - 0.4) / 0.2)
x = x.reshape(len(x), 3, H, W)
ds = TensorDataset(x, torch.from_numpy(y))
tr, va = random_split(ds, [1700, 500], generator=torch.Generator().manual_seed(SEED))
tl = DataLoader(tr, batch_size=50, shuffle=True)
vl = DataLoader(va, batch_size=250)


class TileNet(nn.Module):
    def __init__(self, c=16):
        super().__init__()
        self.c1 = nn.Conv2d(3, c, 3, padding=1)
        self.c2 = nn.Conv2d(c, 2 * c, 3, padding=1)
        self.c3 = nn.Conv2d(2 * c, 2 * c, 3, padding=1)
        self.fc = nn.Linear(2 * c, 6)

    def forward(self, z):
        z = torch.relu(self.c1(z))
        z = nn.functional.max_pool2d(torch.relu(self.c2(z)), 2)
        z = torch.relu(self.c3(z))
        return self.fc(z.amax((2, 3)))


model = TileNet()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
lossf = nn.CrossEntropyLoss()
for ep in range(12):
    model.train()
    total = 0.0
    for a, b in tl:
        opt.zero_grad()
        l = lossf(model(a), b)
        l.backward()
        opt.step()
        total += l.item()
    model.eval()
    with torch.no_grad():
        acc = torch.cat([(model(a).argmax(1) == b).float() for a, b in vl]).mean().item()
    print(f"ep {ep} loss {total / len(tl):.4f} acc {acc:.4f}")
