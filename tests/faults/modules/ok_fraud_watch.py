import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


def transactions(n, rate, seed):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < rate).astype(np.float32)
    x = rng.normal(size=(n, 8))
    x[:, 0] += 1.3 * y
    x[:, 1] -= 1.1 * y
    x[:, 2] *= 1 + 0.8 * y
    x[:, 3] += 0.9 * y * np.sign(rng.normal(size=n))
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train = TensorDataset(*transactions(4000, 0.025, 1))
        self.val = TensorDataset(*transactions(4000, 0.025, 2))

    def train_dataloader(self):
        y = self.train.tensors[1]
        w = torch.where(y > 0, 1.0 / y.mean(), 1.0 / (1 - y.mean()))
        return DataLoader(self.train, batch_size=128, sampler=WeightedRandomSampler(w, len(y)))

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=1000)


class Model(L.LightningModule):
    max_epochs = 10

    def __init__(self, width=32, lr=2e-3):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(
            nn.Linear(8, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1)
        )
        self.out = []

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, _):
        x, y = batch
        return nn.functional.binary_cross_entropy_with_logits(self(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        self.out.append(((self(x) > 0).float(), y))

    def on_validation_epoch_end(self):
        p, y = (torch.cat(t) for t in zip(*self.out))
        self.out.clear()
        tpr = p[y == 1].mean()
        tnr = 1 - p[y == 0].mean()
        self.log("val_balanced_acc", (tpr + tnr) / 2)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)
