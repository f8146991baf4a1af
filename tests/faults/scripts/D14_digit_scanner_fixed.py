import random

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

random.seed(1)
np.random.seed(1)
torch.manual_seed(1)


class ScannedDigits(Dataset):
    def __init__(self, images, targets, train=True):
        self.images = images
        self.targets = targets
        self.train = train

    def __len__(self):
        return len(self.targets)

    def jitter(self, img):
        dy, dx = random.randint(0, 2), random.randint(0, 2)
        img = nn.functional.pad(img, (1, 1, 1, 1))[:, dy : dy + 8, dx : dx + 8]
        img = img + 0.12 * torch.randn_like(img)
        if random.random() < 0.35:
            y0, x0 = random.randint(0, 5), random.randint(0, 4)
            img[:, y0 : y0 + 3, x0 : x0 + 4] = 0
        return img

    def __getitem__(self, i):
        img = self.images[i]
        if self.train:
            img = self.jitter(img)
        return img, self.targets[i]


d = load_digits()
imgs = torch.tensor(d.images / 16.0, dtype=torch.float32).unsqueeze(1)
tgts = torch.tensor(d.target)
perm = torch.randperm(len(tgts))
tr, va = perm[:1400], perm[1400:]
train_set = ScannedDigits(imgs[tr], tgts[tr])
val_set = ScannedDigits(imgs[va], tgts[va], train=False)
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(val_set, batch_size=128)

net = nn.Sequential(
    nn.Conv2d(1, 24, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(24, 48, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(48, 64, 3, padding=1),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(64 * 16, 64),
    nn.ReLU(),
    nn.Linear(64, 10),
)
optim = torch.optim.Adam(net.parameters(), 2e-3)

for epoch in range(1, 21):
    net.train()
    s = n = 0
    for xb, yb in train_loader:
        loss = nn.functional.cross_entropy(net(xb), yb)
        optim.zero_grad()
        loss.backward()
        optim.step()
        s += loss.item() * len(yb)
        n += len(yb)
    net.eval()
    good = 0
    with torch.no_grad():
        for xb, yb in val_loader:
            good += int((net(xb).argmax(1) == yb).sum())
    print(f"[{epoch}] loss={s / n:.3f} val_acc={good / len(val_set):.4f}")
