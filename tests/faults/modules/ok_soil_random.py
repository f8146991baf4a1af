import lightning as L
import numpy as np
import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 3
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = make_classification(
            n_samples=150,
            n_features=12,
            n_informative=6,
            n_classes=3,
            class_sep=1.2,
            flip_y=0.05,
            random_state=0,
        )
        order = rng.permutation(len(x))
        x, y = x[order], y[order]
        x = (x - x[:100].mean(0)) / x[:100].std(0)
        x = x + 0.1 * rng.normal(size=x.shape) * (np.arange(len(x)) < 100)[:, None]
        x, y = torch.tensor(x).float(), torch.tensor(y)
        self.train = TensorDataset(x[:100], y[:100])
        self.val = TensorDataset(x[100:], y[100:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=20, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=50)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 3))

    def training_step(self, batch, idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        out = self.net(x)
        self.log("val_loss", nn.functional.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
