import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

BN_MOMENTUM = 0.1


def tiles(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 5, (n,), generator=g)
    noise = torch.randn(n, 3, 16, 16, generator=g)
    smooth = F.avg_pool2d(noise, 5, 1, 2) * 4
    mix = (y.float() / 4)[:, None, None, None]
    x = 6.0 + 3.0 * ((1 - mix) * smooth + mix * noise)
    x[:, 0] += 0.8 * (y % 2)[:, None, None]
    return TensorDataset(x, y)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = tiles(1000, 0), tiles(400, 1)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=200)


class ConvBN(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Conv2d(i, o, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(o, eps=1e-3, momentum=BN_MOMENTUM)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.inp = nn.BatchNorm2d(3, eps=1e-3, momentum=BN_MOMENTUM)
        self.a, self.b, self.c = ConvBN(3, 16), ConvBN(16, 24), ConvBN(24, 32)
        self.fc = nn.Linear(32, 5)

    def forward(self, x):
        x = F.max_pool2d(self.a(self.inp(x)), 2)
        x = F.max_pool2d(self.b(x), 2)
        return self.fc(self.c(x).mean((2, 3)))

    def training_step(self, batch, idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        out = self(x)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
