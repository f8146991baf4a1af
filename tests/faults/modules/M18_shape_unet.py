import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

L.seed_everything(16)


class Stripes(Dataset):
    """thin rotated lines and small squares on noise"""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        s = 24
        yy, xx = torch.meshgrid(torch.arange(s).float(), torch.arange(s).float(), indexing="ij")
        self.m = torch.zeros(n, 1, s, s)
        for i in range(n):
            for _ in range(3):
                a = torch.rand(1, generator=g) * 3.14
                c = torch.rand(1, generator=g) * s - s / 2
                d = (torch.cos(a) * (xx - s / 2) + torch.sin(a) * (yy - s / 2) - c).abs()
                self.m[i, 0] = torch.maximum(self.m[i, 0], (d < 0.8).float())
        self.x = self.m + 0.35 * torch.randn(self.m.shape, generator=g)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.m[i]


def conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, c=8):
        super().__init__()
        self.d1, self.d2, self.mid = conv(1, c), conv(c, 2 * c), conv(2 * c, 4 * c)
        self.r2, self.u2 = nn.Conv2d(4 * c, 2 * c, 1), conv(4 * c, 2 * c)
        self.r1, self.u1 = nn.Conv2d(2 * c, c, 1), conv(2 * c, c)
        self.out = nn.Conv2d(c, 1, 1)

    def forward(self, x):
        s1 = self.d1(x)
        s2 = self.d2(F.max_pool2d(s1, 2))
        h = self.mid(F.max_pool2d(s2, 2))
        up = self.r2(F.interpolate(h, scale_factor=2))
        h = self.u2(torch.cat([up, up], 1))
        up = self.r1(F.interpolate(h, scale_factor=2))
        h = self.u1(torch.cat([up, up], 1))
        return self.out(h)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = Stripes(400, 0), Stripes(80, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, 16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 80)


class Model(L.LightningModule):
    max_epochs = 6

    def __init__(self):
        super().__init__()
        self.unet = UNet()

    def forward(self, x):
        return self.unet(x)

    def training_step(self, b, _):
        loss = F.binary_cross_entropy_with_logits(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        z = self(b[0])
        p = (z > 0).float()
        self.log("val_loss", F.binary_cross_entropy_with_logits(z, b[1]))
        self.log("val_dice", 2 * (p * b[1]).sum() / (p.sum() + b[1].sum()), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=4e-3)
