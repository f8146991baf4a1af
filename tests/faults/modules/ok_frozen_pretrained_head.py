# Transfer: encoder trained on digits 0-4, then frozen; new head for digits 5-9 with only 100 labelled images.
import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def digits():
    d = load_digits()
    return torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(d.target)


def pretrain_encoder(epochs=8):
    x, y = digits()
    keep = y < 5
    x, y = x[keep], y[keep]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        enc = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
        )
        tmp = nn.Linear(32 * 16, 5)
        opt = torch.optim.Adam([*enc.parameters(), *tmp.parameters()], lr=2e-3)
        with torch.enable_grad():
            for _ in range(epochs):
                for b in torch.randperm(len(x)).split(64):
                    loss = F.cross_entropy(tmp(enc(x[b])), y[b])
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
    return enc


class Data(L.LightningDataModule):
    def __init__(self, shots=20):
        super().__init__()
        x, y = digits()
        keep = y >= 5
        x, y = x[keep], y[keep] - 5
        perm = torch.randperm(len(x), generator=torch.Generator().manual_seed(3))
        x, y = x[perm], y[perm]
        pick = torch.cat([(y == c).nonzero().flatten()[:shots] for c in range(5)])
        rest = torch.ones(len(y), dtype=torch.bool)
        rest[pick] = False
        self.train_set = TensorDataset(x[pick], y[pick])
        self.val_set = TensorDataset(x[rest], y[rest])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=10, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=200)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.encoder = pretrain_encoder()
        for p in self.encoder.parameters():
            p.requires_grad = False
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(512, 5))

    def train(self, mode=True):
        super().train(mode)
        self.encoder.eval()  # keep the running statistics of pre-training
        return self

    def forward(self, x):
        with torch.no_grad():
            z = self.encoder(x)
        return self.head(z)

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log_dict(
            {"val_loss": F.cross_entropy(z, y), "val_acc": (z.argmax(1) == y).float().mean()},
            prog_bar=True,
        )

    def configure_optimizers(self):
        return torch.optim.Adam(self.head.parameters(), lr=2e-3, weight_decay=1e-4)
