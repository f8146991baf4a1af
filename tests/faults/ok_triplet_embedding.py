"""Metric learning with triplets; nearest class mean as score."""

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Triplets(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y
        self.by_class = [(y == c).nonzero()[:, 0] for c in range(10)]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        c = int(self.y[i])
        other = (c + int(torch.randint(1, 10, ()))) % 10
        pick = lambda group: self.x[group[torch.randint(len(group), ())]]
        return self.x[i], pick(self.by_class[c]), pick(self.by_class[other])


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        digits = load_digits()
        x, y = torch.tensor(digits.data).float() / 16, torch.tensor(digits.target)
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
        x, y = x[order], y[order]
        self.train = Triplets(x[:1300], y[:1300])
        self.val = torch.utils.data.TensorDataset(x[1300:], y[1300:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=497)


class Model(L.LightningModule):
    max_epochs = 6

    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
        self.loss = nn.TripletMarginLoss(margin=1.0)

    def forward(self, x):
        return nn.functional.normalize(self.embed(x), dim=1)

    def training_step(self, batch, batch_idx):
        anchor, positive, negative = (self(part) for part in batch)
        return self.loss(anchor, positive, negative)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        z = self(x)
        centres = torch.stack([z[y == c].mean(0) for c in range(10)])
        self.log("val_acc", (torch.cdist(z, centres).argmin(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
