import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

random.seed(3)
np.random.seed(3)
torch.manual_seed(3)

digits = load_digits()
images = (digits.images / 16.0).astype("float32")
tr_x, va_x, tr_y, va_y = train_test_split(
    images, digits.target, test_size=0.3, stratify=digits.target, random_state=3
)


def augment(img):
    dy, dx = np.random.randint(-1, 2, 2)
    img = np.roll(img, (dy, dx), axis=(0, 1))
    if np.random.rand() < 0.3:
        i, j = np.random.randint(0, 7, 2)
        img = img.copy()
        img[i : i + 2, j : j + 2] = 0
    return img


class DigitSet(torch.utils.data.Dataset):
    def __init__(self, x, y, train):
        self.x, self.y, self.train = x, y, train

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        img = self.x[i]
        if self.train:
            img = augment(img)
        return torch.from_numpy(np.ascontiguousarray(img))[None], int(self.y[i])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 2 * 2, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


train_dl = torch.utils.data.DataLoader(DigitSet(tr_x, tr_y, True), batch_size=32, shuffle=True)
val_dl = torch.utils.data.DataLoader(DigitSet(va_x, va_y, False), batch_size=256)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for ep in range(20):
    net.train()
    hit = 0
    for x, y in train_dl:
        opt.zero_grad()
        out = net(x)
        loss = F.cross_entropy(out, y)
        loss.backward()
        opt.step()
        hit += (out.argmax(1) == y).sum().item()
    net.eval()
    with torch.no_grad():
        ok = sum((net(x).argmax(1) == y).sum().item() for x, y in val_dl)
    print(f"ep {ep} train acc {hit / len(tr_x):.3f}")
    print(f"val acc {ok / len(va_x):.4f}")
