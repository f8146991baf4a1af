"""Breast cancer with sigmoid output and BCELoss, AdamW."""

import lightning as L
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = load_breast_cancer(return_X_y=True)
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=11)
        scaler = StandardScaler()
        X_train = scaler.fit_transform(X_train)
        X_test = scaler.transform(X_test)
        self.X_train = torch.tensor(X_train, dtype=torch.float32)
        self.X_test = torch.tensor(X_test, dtype=torch.float32)
        self.y_train = torch.tensor(y_train, dtype=torch.float32).view(-1, 1)
        self.y_test = torch.tensor(y_test, dtype=torch.float32).view(-1, 1)

    def train_dataloader(self):
        dataset = TensorDataset(self.X_train, self.y_train)
        return DataLoader(dataset, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(TensorDataset(self.X_test, self.y_test), batch_size=171)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(30, 32)
        self.l2 = nn.Linear(32, 1)
        self.relu = nn.ReLU()
        self.sigmoid = nn.Sigmoid()
        self.bce = nn.BCELoss()

    def forward(self, x):
        out = self.relu(self.l1(x))
        out = self.l2(out)
        return self.sigmoid(out)

    def training_step(self, batch, batch_idx):
        x, y = batch
        y_pred = self(x)
        loss = self.bce(y_pred, y)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        y_pred = self(x)
        self.log("val_bce", self.bce(y_pred, y))
        self.log("val_acc", ((y_pred > 0.5) == (y > 0.5)).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=0.01)
