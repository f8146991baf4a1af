import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def images():
    d = load_digits()
    x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
    return (x - 0.305) / 0.376, torch.tensor(d.target)


def pretrained_backbone(epochs=6):
    x, y = images()
    keep = y < 5
    x, y = x[keep][:600], y[keep][:600]
    body = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
    )
    tmp = nn.Linear(512, 5)
    opt = torch.optim.Adam([*body.parameters(), *tmp.parameters()], lr=2e-3)
    for _ in range(epochs):
        for idx in torch.randperm(len(x)).split(50):
            opt.zero_grad()
            F.cross_entropy(tmp(body(x[idx])), y[idx]).backward()
            opt.step()
    return body


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = images()
        keep = y >= 5
        x, y = x[keep], y[keep] - 5
        p = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
        self.tr, self.va = (
            TensorDataset(x[p[:650]], y[p[:650]]),
            TensorDataset(x[p[650:]], y[p[650:]]),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=256)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        L.seed_everything(0, verbose=False)
        self.backbone = pretrained_backbone()
        self.backbone.requires_grad_(False)
        self.head = nn.Linear(512, 5)

    def on_train_epoch_start(self):
        self.backbone.eval()

    def forward(self, x):
        with torch.no_grad():
            f = self.backbone(x)
        return self.head(f)

    def training_step(self, batch, _):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        z = self(batch[0])
        self.log("val_loss", F.cross_entropy(z, batch[1]))
        self.log("val_acc", (z.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.head.parameters(), lr=2e-3)
