"""Digits; dropout of nine tenths in front of each batch norm."""

import numpy as np
import torch
from lightning.pytorch import LightningDataModule, LightningModule
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class DigitImages(Dataset):
    def __init__(self, images, labels, augment=False):
        self.images, self.labels, self.augment = images, labels, augment

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = torch.from_numpy(self.images[i]).float().unsqueeze(0) / 16
        if self.augment:
            image = torch.roll(image, int(torch.randint(-1, 2, ())), dims=2)
            image = image + 0.1 * torch.randn_like(image)
        return (image - 0.3) / 0.38, int(self.labels[i])


class Data(LightningDataModule):
    def setup(self, stage=None):
        digits = load_digits()
        order = np.random.RandomState(1).permutation(len(digits.target))
        train, val = order[:1300], order[1300:]
        self.train = DigitImages(digits.images[train], digits.target[train], augment=True)
        self.val = DigitImages(digits.images[val], digits.target[val])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=100)


class Model(LightningModule):
    max_epochs = 6

    def __init__(self, lr=0.05, dropout=0.25):
        super().__init__()
        self.save_hyperparameters()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False),
            nn.Dropout(0.9),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            nn.Dropout(0.9),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(32 * 2 * 2, 10)
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        x = self.features(x)
        x = torch.flatten(x, 1)
        return self.fc(self.drop(x))

    def training_step(self, batch, batch_idx):
        images, labels = batch
        return self.criterion(self(images), labels)

    def validation_step(self, batch, batch_idx):
        images, labels = batch
        outputs = self(images)
        acc = (outputs.argmax(dim=1) == labels).float().mean()
        self.log_dict({"val/loss": self.criterion(outputs, labels), "val/acc": acc})

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr, momentum=0.9)
