import lightning as L
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def make_spirals(n_per_arm=400, arms=3, noise=0.18):
    g = torch.Generator().manual_seed(12)
    xs, ys = [], []
    for a in range(arms):
        t = torch.linspace(0.3, 3.0, n_per_arm)
        ang = 1.6 * t + 2 * torch.pi * a / arms + noise * torch.randn(n_per_arm, generator=g)
        xs.append(torch.stack([t * torch.cos(ang), t * torch.sin(ang)], 1) / 2)
        ys.append(torch.full((n_per_arm,), a))
    return torch.cat(xs), torch.cat(ys)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        full = TensorDataset(*make_spirals())
        self.tr, self.va = random_split(
            full, [900, 300], generator=torch.Generator().manual_seed(0)
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class Model(L.LightningModule):
    def __init__(self, hidden=(64, 64, 32), lr=5e-3):
        super().__init__()
        self.save_hyperparameters()
        self.max_epochs = 25
        layers, d = [], 2
        for h in hidden:
            layers += [nn.Linear(d, h)]
            d = h
        layers.append(nn.Linear(d, 3))
        self.net = nn.Sequential(*layers)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=0.02)

    def forward(self, x):
        return self.net(x)

    def _step(self, batch):
        x, y = batch
        logits = self(x)
        return self.criterion(logits, y), (logits.argmax(1) == y).float().mean()

    def training_step(self, batch, _):
        loss, acc = self._step(batch)
        self.log_dict({"train_loss": loss, "train_acc": acc})
        return loss

    def validation_step(self, batch, _):
        loss, acc = self._step(batch)
        self.log_dict({"val_loss": loss, "val_acc": acc})

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)
