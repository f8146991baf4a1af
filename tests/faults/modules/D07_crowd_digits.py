import lightning.pytorch as pl
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Data(pl.LightningDataModule):
    """Digits transcribed by five volunteers each."""

    def setup(self, stage=None):
        d = load_digits()
        rng = np.random.default_rng(51)
        x = torch.tensor(d.images / 16, dtype=torch.float32).unsqueeze(1)
        votes = np.repeat(d.target[:, None], 5, 1)
        slip = rng.random(votes.shape) < 0.3
        votes[slip] = rng.integers(0, 10, slip.sum())
        y = votes[:, 0]
        self.train, self.val = random_split(
            TensorDataset(x, torch.from_numpy(y).long()),
            [1347, 450],
            generator=torch.Generator().manual_seed(51),
        )

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=225)


class Model(pl.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        pl.seed_everything(51, verbose=False)
        self.conv = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, 48, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.fc = nn.Linear(48 * 16, 10)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.log_dict(
            {"val_loss": F.cross_entropy(out, y), "val_acc": (out.argmax(1) == y).float().mean()},
            prog_bar=True,
        )

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3, weight_decay=0.01)
