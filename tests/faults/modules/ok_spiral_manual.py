import lightning as L
import numpy as np
import torch
from torch import nn


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        rng = np.random.default_rng(0)
        n = 600
        xs, ys = [], []
        for k in range(3):
            r = rng.uniform(0.1, 1, n)
            a = r * 5 + k * 2 * np.pi / 3 + rng.normal(0, 0.15, n)
            xs.append(np.stack([r * np.cos(a), r * np.sin(a)], 1))
            ys.append(np.full(n, k))
        x, y = np.concatenate(xs), np.concatenate(ys)
        p = rng.permutation(len(x))
        data = torch.utils.data.TensorDataset(torch.tensor(x[p] * 1.7).float(), torch.tensor(y[p]))
        self.train = torch.utils.data.Subset(data, range(1400))
        self.val = torch.utils.data.Subset(data, range(1400, 1800))

    def train_dataloader(self):
        return torch.utils.data.DataLoader(self.train, batch_size=28, shuffle=True)

    def val_dataloader(self):
        return torch.utils.data.DataLoader(self.val, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.automatic_optimization = False
        self.net = nn.Sequential(
            nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3)
        )

    def training_step(self, batch, batch_idx):
        opt = self.optimizers()
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        opt.zero_grad()
        self.manual_backward(loss)
        opt.step()
        self.log("train_loss", loss)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        out = self.net(x)
        self.log("val_loss", nn.functional.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9)
