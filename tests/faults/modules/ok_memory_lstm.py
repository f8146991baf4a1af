import lightning as L
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(15)
        X = rng.normal(size=(1800, 18, 3))
        k = np.argmax(np.abs(X[:, :, 0]), 1)
        y = (X[np.arange(1800), k, 0] > 0).astype(int) + 2 * (X[:, :, 1].mean(1) > 0)
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
        self.tr, self.va = TensorDataset(X[:1500], y[:1500]), TensorDataset(X[1500:], y[1500:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, clip=1.0):
        super().__init__()
        self.clip = clip
        self.lstm = nn.LSTM(3, 48, batch_first=True)
        self.fc = nn.Linear(48, 4)

    def forward(self, x):
        return self.fc(self.lstm(x)[0].mean(1))

    def training_step(self, batch, i):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def configure_gradient_clipping(
        self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
    ):
        self.clip_gradients(optimizer, gradient_clip_val=self.clip, gradient_clip_algorithm="norm")

    def validation_step(self, batch, i):
        z = self(batch[0])
        self.log("val_loss", F.cross_entropy(z, batch[1]))
        self.log("val_acc", (z.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.3, momentum=0.9)
