import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import make_moons
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x, y = make_moons(1500, noise=0.18, random_state=2)
        x = (x - x[:1200].mean(0)) / x[:1200].std(0)
        x, y = torch.tensor(x).float(), torch.tensor(y).float()
        self.tr, self.va = TensorDataset(x[:1200], y[:1200]), TensorDataset(x[1200:], y[1200:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, rho=0.05):
        super().__init__()
        torch.manual_seed(2)
        self.automatic_optimization = False
        self.rho = rho
        self.trunk = nn.Sequential(nn.Linear(2, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU())
        self.head = nn.Linear(48, 1)

    def loss(self, x, y):
        return F.binary_cross_entropy_with_logits(self.head(self.trunk(x)).squeeze(1), y)

    def training_step(self, batch, _):
        x, y = batch
        opts = self.optimizers()
        for o in opts:
            o.zero_grad()
        first = self.loss(x, y)
        self.manual_backward(first)
        with torch.no_grad():
            ps = [p for p in self.parameters() if p.grad is not None]
            norm = torch.stack([p.grad.norm() for p in ps]).norm() + 1e-12
            moves = [p.grad * (self.rho / norm) for p in ps]
            for p, m in zip(ps, moves):
                p.add_(m)
        for o in opts:
            o.zero_grad()
        self.manual_backward(self.loss(x, y))
        with torch.no_grad():
            for p, m in zip(ps, moves):
                p.sub_(m)
        for o in opts:
            o.step()
        self.log("train_loss", first)

    def validation_step(self, batch, _):
        x, y = batch
        z = self.head(self.trunk(x)).squeeze(1)
        self.log("val_acc", ((z > 0) == (y > 0.5)).float().mean())

    def configure_optimizers(self):
        return [
            torch.optim.SGD(self.trunk.parameters(), lr=0.1, momentum=0.9),
            torch.optim.Adam(self.head.parameters(), lr=3e-3),
        ]
