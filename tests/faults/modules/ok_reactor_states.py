import lightning.pytorch as pl
import torch
from sklearn.datasets import make_gaussian_quantiles
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(pl.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = make_gaussian_quantiles(n_samples=2000, n_features=5, n_classes=3, random_state=55)
        X, y = torch.tensor(X).float(), torch.tensor(y)
        X = (X - X[:1500].mean(0)) / X[:1500].std(0)
        self.a, self.b = TensorDataset(X[:1500], y[:1500]), TensorDataset(X[1500:], y[1500:])

    def train_dataloader(self):
        return DataLoader(self.a, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.b, 250)


class Model(pl.LightningModule):
    max_epochs = 25

    def __init__(self, width=48, depth=5, act=nn.ReLU):
        super().__init__()
        pl.seed_everything(55, verbose=False)
        mods, w = [], 5
        for _ in range(depth):
            mods += [nn.Linear(w, width), act()]
            w = width
        self.net = nn.Sequential(*mods, nn.Linear(w, 3))

    def training_step(self, batch, _):
        x, y = batch
        return nn.functional.cross_entropy(self.net(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        out = self.net(x)
        self.log("val_loss", nn.functional.cross_entropy(out, y))
        self.log("val_acc", (out.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
