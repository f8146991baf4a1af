import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(1)
WIN = 48
ACTIVITIES = ["rest", "walk", "run", "cycle"]


def record_session(n_seg=1400, seed=3):
    """one long 3-axis accelerometer recording, one activity per segment"""
    rng = np.random.default_rng(seed)
    freq = [0.0, 0.06, 0.15, 0.10]
    amp = [0.05, 0.8, 1.6, 0.9]
    axis = np.array([[1, 1, 1], [1, 0.4, 0.2], [0.9, 0.8, 0.4], [0.2, 0.5, 1.0]])
    labels = rng.integers(0, 4, n_seg)
    sig = np.zeros((n_seg * WIN, 3))
    t = np.arange(WIN)
    for i, a in enumerate(labels):
        f = freq[a] * rng.uniform(0.8, 1.2)
        ph = rng.uniform(0, 2 * np.pi, 3)
        seg = amp[a] * axis[a] * np.sin(2 * np.pi * f * t[:, None] + ph)
        sig[i * WIN : (i + 1) * WIN] = seg + rng.normal(0, 0.65, (WIN, 3))
    return sig.astype(np.float32), labels


def make_windows(sig, labels):
    xs, ys = [], []
    for i in range(len(labels)):
        start = i * WIN
        window = sig[start : start + WIN]
        xs.append(window.T)
        ys.append(labels[i])
    return torch.tensor(np.stack(xs)), torch.tensor(ys)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        sig, labels = record_session()
        n_train = 1120
        past = sig[: n_train * WIN]
        sig = (sig - past.mean(0)) / past.std(0)
        x, y = make_windows(sig, labels)
        self.train_set = TensorDataset(x[:n_train], y[:n_train])
        self.val_set = TensorDataset(x[n_train:], y[n_train:])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=140)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(3, 16, 7, padding=3),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 5, padding=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
        )
        self.head = nn.Linear(32, len(ACTIVITIES))
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.head(self.features(x))

    def training_step(self, batch, _):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.criterion(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
