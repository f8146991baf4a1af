import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class RandomFourier(nn.Module):
    def __init__(self, d, m, sigma):
        super().__init__()
        self.proj = nn.Linear(d, m)
        nn.init.normal_(self.proj.weight, std=1 / sigma)
        nn.init.uniform_(self.proj.bias, 0, 2 * torch.pi)
        self.requires_grad_(False)
        self.scale = (2 / m) ** 0.5

    def forward(self, x):
        return torch.cos(self.proj(x)) * self.scale


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        x, y = torch.tensor(d.data / 16, dtype=torch.float32), torch.tensor(d.target)
        p = torch.randperm(len(x), generator=torch.Generator().manual_seed(2))
        self.tr = TensorDataset(x[p[:1347]], y[p[:1347]])
        self.va = TensorDataset(x[p[1347:]], y[p[1347:]])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=450)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.features = RandomFourier(64, 500, 3.0)
        self.head = nn.Linear(500, 10)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        return self.head(self.features(x))

    def training_step(self, batch, _):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.head.parameters(), lr=2.0)
        return {
            "optimizer": opt,
            "lr_scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(opt, self.max_epochs),
        }
