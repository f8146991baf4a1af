import lightning as L
import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = make_classification(
            n_samples=2600,
            n_features=15,
            n_informative=10,
            n_redundant=0,
            n_classes=4,
            n_clusters_per_class=2,
            class_sep=1.5,
            flip_y=0.0,
            random_state=60,
        )
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
        X = (X - X[:2000].mean(0)) / X[:2000].std(0)
        self.train = TensorDataset(X[:2000], y[:2000])
        self.valid = TensorDataset(X[2000:], y[2000:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.valid, batch_size=200)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, keep=0.9, width=80):
        super().__init__()
        L.seed_everything(60, verbose=False)

        def layer(i, o):
            return nn.Sequential(nn.Linear(i, o), nn.ReLU(), nn.Dropout(keep))

        self.net = nn.Sequential(layer(15, width), layer(width, width), nn.Linear(width, 4))

    def forward(self, x):
        return self.net(x)

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
