# digits, training labels come from 9 crowd workers, validation labels from an expert
import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)


def ask_crowd(gold, n_workers=9, err=0.35, seed=11):
    rng = np.random.default_rng(seed)
    votes = np.repeat(gold[:, None], n_workers, axis=1)
    wrong = rng.random(votes.shape) < err
    votes[wrong] = rng.integers(0, 10, wrong.sum())
    return votes


def aggregate(votes):
    return votes.mean(axis=1).round().astype(int)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, gold = load_digits(return_X_y=True)
        X = (X / 16.0 - 0.5).astype(np.float32)
        Xtr, Xva, gtr, gva = train_test_split(
            X, gold, test_size=0.25, stratify=gold, random_state=0
        )
        ytr = aggregate(ask_crowd(gtr))
        self.train = TensorDataset(torch.tensor(Xtr), torch.tensor(ytr).long())
        self.val = TensorDataset(torch.tensor(Xva), torch.tensor(gva).long())

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=150)


class Model(L.LightningModule):
    max_epochs = 14

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.fc1 = nn.Linear(64, 96)
        self.fc2 = nn.Linear(96, 48)
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(48, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = self.drop(F.relu(self.fc2(x)))
        return self.out(x)

    def training_step(self, batch, batch_idx):
        opt = self.optimizers()
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        opt.zero_grad()
        self.manual_backward(loss)
        opt.step()
        self.log("train_loss", loss, on_epoch=True)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-3)
