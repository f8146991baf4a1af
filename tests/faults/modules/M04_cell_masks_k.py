import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SIZE = 24


def make_cells(n, seed):
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    imgs, masks = [], []
    for _ in range(n):
        m = np.zeros((SIZE, SIZE), bool)
        for _ in range(rng.integers(2, 4)):
            cy, cx = rng.uniform(5, SIZE - 5, 2)
            ry, rx = rng.uniform(4, 7, 2)
            m |= ((yy - cy) / ry) ** 2 + ((xx - cx) / rx) ** 2 < 1
        img = m * rng.uniform(0.7, 1.1) + rng.normal(0, 0.45, m.shape)
        imgs.append(img)
        masks.append(m)
    x = torch.tensor(np.array(imgs), dtype=torch.float32).unsqueeze(1)
    y = torch.tensor(np.array(masks), dtype=torch.float32).unsqueeze(1)
    return x, y


class Data(L.LightningDataModule):
    def prepare(self):
        xtr, ytr = make_cells(360, 1)
        xva, yva = make_cells(120, 2)
        m, s = xtr.mean(), xtr.std()
        return TensorDataset((xtr - m) / s, ytr), TensorDataset((xva - m) / s, yva)

    def setup(self, stage=None):
        self.train_ds, self.val_ds = self.prepare()

    def train_dataloader(self):
        return DataLoader(self.train_ds, batch_size=12, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=40)


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.down1 = block(1, 12)
        self.down2 = block(12, 24)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(24, 12, 2, stride=2)
        self.merge = block(24, 12)
        self.head = nn.Conv2d(12, 1, 1)
        self.criterion = nn.BCEWithLogitsLoss()
        self.inter = self.union = 0.0

    def forward(self, x):
        a = self.down1(x)
        b = self.up(self.down2(self.pool(a)))
        return torch.sigmoid(self.head(self.merge(torch.cat([a, b], 1))))

    def training_step(self, batch, _):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.criterion(out, y))
        pred = torch.sigmoid(out) > 0.5
        self.inter += (pred & y.bool()).sum().item()
        self.union += (pred | y.bool()).sum().item()

    def on_validation_epoch_end(self):
        self.log("val_iou", self.inter / max(self.union, 1))
        self.inter = self.union = 0.0

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)


if __name__ == "__main__":
    L.seed_everything(3)
    L.Trainer(
        max_epochs=Model.max_epochs, accelerator="cpu", logger=False, enable_checkpointing=False
    ).fit(Model(), Data())
