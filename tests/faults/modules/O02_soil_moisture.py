import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    window = 18

    def setup(self, stage=None):
        r = np.random.default_rng(62)
        rain = r.gamma(0.6, 1.0, 2700)
        heat = np.sin(np.arange(2700) / 9.0) + 0.3 * r.normal(size=2700)
        m = np.zeros(2700)
        for i in range(1, 2700):
            m[i] = (
                0.85 * m[i - 1]
                + 0.5 * np.tanh(rain[i - 1])
                - 0.2 * np.maximum(heat[i - 1], 0)
                + 0.05 * r.normal()
            )
        feats = np.column_stack([rain, heat])
        X = np.stack([feats[i : i + self.window] for i in range(2700 - self.window)])
        y = m[self.window :]
        k = 2100
        X = (X - X[:k].mean((0, 1))) / X[:k].std((0, 1))
        y = (y - y[:k].mean()) / y[:k].std()
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        self.tr, self.va = TensorDataset(X[:k], y[:k]), TensorDataset(X[k:], y[k:])

    def train_dataloader(self):
        return DataLoader(self.tr, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 600)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, learning_rate=5e-6):
        super().__init__()
        L.seed_everything(62, verbose=False)
        self.save_hyperparameters()
        self.lstm = nn.LSTM(2, 32, batch_first=True)
        self.fc = nn.Linear(32, 1)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1]).squeeze(-1)

    def training_step(self, batch, i):
        loss = nn.functional.mse_loss(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        loss = nn.functional.mse_loss(self(batch[0]), batch[1])
        self.log("val_loss", loss)
        self.log("val_r2", 1 - loss / batch[1].var())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.learning_rate)
