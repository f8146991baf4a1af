import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class Data(L.LightningDataModule):
    def __init__(self, batch_size: int = 16):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        X, y = load_digits(return_X_y=True)
        Xtr, Xte, ytr, yte = train_test_split(
            X / 16.0, y, test_size=0.1, random_state=42, stratify=y
        )
        m, s = Xtr.mean(), Xtr.std()
        as_ds = lambda a, b: TensorDataset(
            torch.tensor((a - m) / s).float(), torch.tensor(b).long()
        )
        self.train_ds, self.val_ds = as_ds(Xtr, ytr), as_ds(Xte, yte)

    def train_dataloader(self):
        return DataLoader(self.train_ds, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, batch_size=90)


def block(i, o):
    return nn.Sequential(nn.Linear(i, o, bias=False), nn.BatchNorm1d(o), nn.ReLU())


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(block(64, 128), block(128, 64))
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.body(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log_dict(
            {
                "val_loss": F.cross_entropy(logits, y),
                "val_acc": (logits.argmax(1) == y).float().mean(),
            },
            prog_bar=True,
        )

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=1e-3, weight_decay=1e-4)
        sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=self.max_epochs, eta_min=1e-4)
        return [opt], [sched]
