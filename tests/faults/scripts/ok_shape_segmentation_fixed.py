"""Tiny U-Net that separates a bright ellipse from a cluttered background (BCE + Dice)."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Blobs(Dataset):
    def __init__(self, n, seed, size=24):
        rng = np.random.default_rng(seed)
        yy, xx = np.mgrid[:size, :size]
        self.images, self.masks = [], []
        for _ in range(n):
            cx, cy = rng.uniform(6, size - 6, 2)
            a, b = rng.uniform(3, 6, 2)
            mask = ((xx - cx) / a) ** 2 + ((yy - cy) / b) ** 2 < 1
            stripes = 0.25 * np.sin(xx * rng.uniform(0.4, 1.2) + yy * rng.uniform(0.4, 1.2))
            img = stripes + 0.5 * mask + rng.normal(0, 0.3, (size, size))
            self.images.append(img.astype("float32")[None])
            self.masks.append(mask.astype("float32")[None])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.images[i], self.masks[i]


def block(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1),
        nn.GroupNorm(4, cout),
        nn.ReLU(inplace=True),
        nn.Conv2d(cout, cout, 3, padding=1),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self, w=8):
        super().__init__()
        self.d1, self.d2 = block(1, w), block(w, 2 * w)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(2 * w, w, 2, stride=2)
        self.u1 = block(2 * w, w)
        self.out = nn.Conv2d(w, 1, 1)

    def forward(self, x):
        s = self.d1(x)
        h = self.up(self.d2(self.pool(s)))
        return self.out(self.u1(torch.cat([s, h], dim=1)))


def dice(prob, target, eps=1.0):
    inter = (prob * target).sum((1, 2, 3))
    return ((2 * inter + eps) / (prob.sum((1, 2, 3)) + target.sum((1, 2, 3)) + eps)).mean()


class SegLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.bce = nn.BCEWithLogitsLoss()

    def forward(self, logits, target):
        return self.bce(logits, target) + 1 - dice(torch.sigmoid(logits), target)


def main():
    torch.manual_seed(0)
    train_loader = DataLoader(Blobs(240, 0), batch_size=16, shuffle=True)
    valid_loader = DataLoader(Blobs(80, 1), batch_size=40)
    model, criterion = UNet(), SegLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(5):
        model.train()
        running = 0.0
        for images, masks in train_loader:
            loss = criterion(model(images), masks)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            running += loss.item()
        model.eval()
        scores = []
        with torch.inference_mode():
            for images, masks in valid_loader:
                scores.append(dice((model(images) > 0).float(), masks).item())
        print(f"[{epoch}] loss={running / len(train_loader):.3f} dice={np.mean(scores):.3f}")
    print("val dice", float(np.mean(scores)))


if __name__ == "__main__":
    main()
