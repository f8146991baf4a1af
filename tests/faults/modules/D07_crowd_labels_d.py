import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)

N_WORKERS = 15


def annotate(truth, rng):
    """Votes of the crowd workers, (n, workers)."""
    votes = np.repeat(truth[:, None], N_WORKERS, axis=1)
    wrong = rng.random(votes.shape) < 0.6
    return np.where(wrong, rng.integers(0, 10, votes.shape), votes)


def majority(votes):
    return np.array([np.bincount(v, minlength=10).argmax() for v in votes])


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(42)
        d = load_digits()
        order = rng.permutation(len(d.target))
        votes = annotate(d.target, rng)
        label = votes[:, 0]
        x = torch.tensor(d.data / 16, dtype=torch.float32)
        tr, va = order[:1300], order[1300:]
        self.train = TensorDataset(x[tr], torch.tensor(label[tr]))
        # the validation images were labelled by an expert
        self.val = TensorDataset(x[va], torch.tensor(d.target[va]))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=256)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))

    def training_step(self, batch, idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        p = self(x)
        self.log("val_loss", F.cross_entropy(p, y))
        self.log("val_acc", (p.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
