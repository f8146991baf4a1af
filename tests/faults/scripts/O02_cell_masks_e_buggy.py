"""Segment cells. Small U-Net, BCE + dice."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

LR = 2e-6
EPOCHS = 10
rng = np.random.RandomState(0)
torch.manual_seed(0)


def make_image():
    yy, xx = np.mgrid[:24, :24]
    mask = np.zeros((24, 24), bool)
    for _ in range(rng.randint(1, 4)):
        cy, cx, r = rng.randint(3, 21), rng.randint(3, 21), rng.uniform(2, 5)
        mask |= (yy - cy) ** 2 + (xx - cx) ** 2 < r**2
    img = mask * 0.8 + rng.randn(24, 24) * 0.5 + 0.3 * np.sin(xx / 5 + rng.rand() * 6)
    return img, mask


pairs = [make_image() for _ in range(400)]
imgs = torch.tensor(np.array([p[0] for p in pairs]), dtype=torch.float32)[:, None]
masks = torch.tensor(np.array([p[1] for p in pairs]), dtype=torch.float32)[:, None]
imgs = (imgs - imgs[:320].mean()) / imgs[:320].std()


def conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1, self.d2 = conv(1, 8), conv(8, 16)
        self.u1 = conv(24, 8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        b = F.interpolate(b, scale_factor=2)
        return self.out(self.u1(torch.cat([a, b], 1)))


def dice(p, t):
    return (2 * (p * t).sum((1, 2, 3)) + 1) / (p.sum((1, 2, 3)) + t.sum((1, 2, 3)) + 1)


net = UNet()
opt = torch.optim.Adam(net.parameters(), lr=LR)
for epoch in range(EPOCHS):
    net.train()
    for b in torch.randperm(320).split(16):
        logit = net(imgs[b])
        loss = (
            F.binary_cross_entropy_with_logits(logit, masks[b])
            + 1
            - dice(logit.sigmoid(), masks[b]).mean()
        )
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        d = dice((net(imgs[320:]) > 0).float(), masks[320:]).mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f}")
    print(f"val dice {d:.4f}")
