import lightning as L
import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_classification(
            n_samples=2600,
            n_features=20,
            n_informative=14,
            n_redundant=0,
            n_classes=5,
            n_clusters_per_class=2,
            class_sep=1.6,
            flip_y=0.0,
            random_state=65,
        )
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
        X = (X - X[:2000].mean(0)) / X[:2000].std(0)
        self.a, self.b = TensorDataset(X[:2000], y[:2000]), TensorDataset(X[2000:], y[2000:])

    def train_dataloader(self):
        return DataLoader(self.a, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.b, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 14

    def __init__(self, dtype=torch.float16):
        super().__init__()
        L.seed_everything(65, verbose=False)
        self.net = nn.Sequential(
            nn.Linear(20, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 5)
        ).to(dtype)
        self.compute = dtype

    def forward(self, x):
        return self.net(x.to(self.compute)).float()

    def training_step(self, batch, i):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        out = self(x)
        self.log("val_loss", nn.functional.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
