import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

Q = (0.1, 0.5, 0.9)
LAGS = 28


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.default_rng(10)
        t = np.arange(2000)
        week = np.array([0, 3, 4, 4, 2, -6, -8.0])[t % 7]
        ar = np.zeros(2000)
        for k in range(1, 2000):
            ar[k] = 0.7 * ar[k - 1] + r.normal(0, 2)
        load = 5000 + 0.8 * t + 6 * week + 3 * ar
        cut = 1500
        slope, icpt = np.polyfit(t[:cut], load[:cut], 1)
        res = load - (slope * t + icpt)
        res = res / res[:cut].std()
        X = np.lib.stride_tricks.sliding_window_view(res, LAGS)[:-1]
        y = res[LAGS:]
        X, y = torch.tensor(X.copy(), dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        c = cut - LAGS
        self.tr, self.va = TensorDataset(X[:c], y[:c]), TensorDataset(X[c:], y[c:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=500)


def pinball(pred, y):
    q = torch.tensor(Q)
    d = y[:, None] - pred
    return torch.maximum(q * d, (q - 1) * d).mean()


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(LAGS, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, x):
        a, b, c = self.f(x).unbind(1)
        return torch.stack([b - nn.functional.softplus(a), b, b + nn.functional.softplus(c)], 1)

    def training_step(self, batch, _):
        return pinball(self(batch[0]), batch[1])

    def configure_gradient_clipping(
        self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
    ):
        self.clip_gradients(optimizer, gradient_clip_val=1.0, gradient_clip_algorithm="norm")

    def validation_step(self, batch, _):
        self.log("val_pinball", pinball(self(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1.5e-3)
