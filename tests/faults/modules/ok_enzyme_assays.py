import lightning as L
import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, limit=2000, batch_size=20):
        super().__init__()
        self.limit = limit
        self.batch_size = batch_size

    def setup(self, stage=None):
        X, y = make_classification(
            n_samples=2600,
            n_features=20,
            n_informative=12,
            n_redundant=3,
            n_classes=3,
            n_clusters_per_class=2,
            class_sep=1.4,
            flip_y=0.0,
            random_state=53,
        )
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
        val_x, val_y = X[2000:], y[2000:]
        X, y = X[: self.limit], y[: self.limit]
        mean, std = X.mean(0), X.std(0)
        self.train_set = TensorDataset((X - mean) / std, y)
        self.val_set = TensorDataset((val_x - mean) / std, val_y)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, lr=1e-3, hidden=64):
        super().__init__()
        L.seed_everything(53, verbose=False)
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.Linear(20, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 3),
        )

    def forward(self, x):
        return self.net(x)

    def _step(self, batch, stage):
        x, y = batch
        out = self(x)
        loss = nn.functional.cross_entropy(out, y)
        self.log(f"{stage}_loss", loss)
        self.log(f"{stage}_acc", (out.argmax(1) == y).float().mean())
        return loss

    def training_step(self, batch, idx):
        return self._step(batch, "train")

    def validation_step(self, batch, idx):
        self._step(batch, "val")

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)
