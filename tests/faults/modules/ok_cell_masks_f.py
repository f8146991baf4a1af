import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Cells(Dataset):
    def __init__(self, n, seed, train):
        r = np.random.default_rng(seed)
        yy, xx = np.mgrid[:20, :20]
        self.img = np.zeros((n, 20, 20), np.float32)
        self.msk = np.zeros((n, 20, 20), np.float32)
        for i in range(n):
            for _ in range(r.integers(1, 4)):
                cy, cx, rad = r.uniform(3, 17), r.uniform(3, 17), r.uniform(2, 4)
                self.msk[i][(yy - cy) ** 2 + (xx - cx) ** 2 < rad**2] = 1
            self.img[i] = self.msk[i] * 0.8 + r.normal(0, 0.35, (20, 20))
        self.train = train

    def __len__(self):
        return len(self.img)

    def __getitem__(self, i):
        x, m = torch.from_numpy(self.img[i]), torch.from_numpy(self.msk[i])
        if self.train:
            if torch.rand(()) < 0.5:
                x, m = x.flip(1), m.flip(1)
            x = x * (0.6 + 0.8 * torch.rand(())) + 0.5 * torch.randn_like(x)
            c = int(torch.randint(0, 13, ()))
            x = x.clone()
            x[c : c + 8] = 0
        return x[None], m[None]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.fit_set = Cells(400, 0, train=True)
        self.val_set = Cells(160, 1, train=False)

    def train_dataloader(self):
        return DataLoader(self.fit_set, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=80)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 12, 3, padding=1), nn.ReLU()
        )
        self.mid = nn.Sequential(
            nn.MaxPool2d(2), nn.Conv2d(12, 16, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
        )
        self.dec = nn.Conv2d(28, 1, 3, padding=1)
        self.loss = nn.BCEWithLogitsLoss()

    def forward(self, x):
        e = self.enc(x)
        return self.dec(torch.cat([e, self.mid(e)], 1))

    def training_step(self, batch, _):
        x, m = batch
        return self.loss(self(x), m)

    def validation_step(self, batch, _):
        x, m = batch
        pred = torch.sigmoid(self(x)) > 0.5
        inter = (pred & (m > 0)).sum().float()
        union = (pred | (m > 0)).sum().float()
        self.log("val_iou", inter / union)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=4e-3)
