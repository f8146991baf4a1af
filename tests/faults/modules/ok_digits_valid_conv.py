import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)


class Data(L.LightningDataModule):
    def __init__(self, seed=16):
        super().__init__()
        d = load_digits()
        a, b, ya, yb = train_test_split(
            d.images, d.target, test_size=0.2, stratify=d.target, random_state=seed
        )
        t = lambda v, w: TensorDataset(
            torch.tensor(v, dtype=torch.float32)[:, None] / 8 - 1, torch.tensor(w)
        )
        self.a, self.b = t(a, ya), t(b, yb)

    def train_dataloader(self):
        return DataLoader(self.a, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.b, batch_size=360)


class Model(L.LightningModule):
    max_epochs = 15
    opt_args = dict(lr=5e-3, betas=(0.9, 0.999), weight_decay=1e-2)

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 24, 3)
        self.conv2 = nn.Conv2d(24, 24, 3)
        self.fc = nn.Linear(24 * 4, 64)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.out(F.relu(self.fc(x.flatten(1))))

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log("val_loss", F.cross_entropy(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), **self.opt_args)
