import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = 17
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


class Parcels(Dataset):
    """Scan of a digit and the readings of the scale; the shelf depends on both."""

    def __init__(self, images, digits, readings, heavy):
        self.img = torch.tensor(images / 16.0, dtype=torch.float32)[:, None]
        self.tab = torch.tensor(readings, dtype=torch.float32)
        self.shelf = torch.tensor(digits % 5 + 5 * heavy)

    def __len__(self):
        return len(self.shelf)

    def __getitem__(self, i):
        return self.img[i], self.tab[i], self.shelf[i]


class Fusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.image_branch = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(256, 32),
            nn.ReLU(),
        )
        self.table_branch = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.head = nn.Linear(64, 10)

    def forward(self, img, tab):
        a = self.image_branch(img)
        b = self.table_branch(tab)
        fused = torch.cat([a, b], dim=1)
        return self.head(fused)


d = load_digits()
heavy = rng.integers(0, 2, len(d.target))
readings = rng.normal(size=(len(heavy), 6)) * 0.8
readings[:, :3] += (2 * heavy - 1)[:, None]
order = rng.permutation(len(heavy))
part = lambda s: Parcels(d.images[s], d.target[s], readings[s], heavy[s])
train, val = part(order[:1400]), part(order[1400:])
train_dl = DataLoader(train, 32, shuffle=True)
val_dl = DataLoader(val, 128)

net = Fusion()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
ce = nn.CrossEntropyLoss()
for epoch in range(15):
    net.train()
    tl = 0
    for img, tab, y in train_dl:
        opt.zero_grad()
        loss = ce(net(img, tab), y)
        loss.backward()
        opt.step()
        tl += loss.item() / len(train_dl)
    net.eval()
    with torch.no_grad():
        hit = sum((net(i, t).argmax(1) == y).sum().item() for i, t, y in val_dl)
    print(f"epoch {epoch}: loss {tl:.3f} val acc {hit / len(val):.3f}")
