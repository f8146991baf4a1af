import lightning as L
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import EarlyStopping
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def pairs(n, seed):
    world = torch.Generator().manual_seed(1234)
    writers = torch.randn(60, 6, generator=world)
    mix = torch.randn(6, 24, generator=world)
    warp = torch.randn(24, 24, generator=world) / 5
    g = torch.Generator().manual_seed(seed)
    a = torch.randint(0, 60, (n,), generator=g)
    same = torch.rand(n, generator=g) < 0.5
    b = torch.where(same, a, torch.randint(0, 60, (n,), generator=g))

    def render(w):
        s = writers[w] @ mix
        s = torch.sin(s @ warp) + 0.3 * s + 0.5 * torch.randn(n, 24, generator=g)
        return s

    return TensorDataset(render(a), render(b), (a == b).float())


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = pairs(3000, 1), pairs(800, 2)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=75, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        torch.manual_seed(8)
        self.tower = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 32))
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.shift = nn.Parameter(torch.tensor(0.0))

    def forward(self, a, b):
        return self.shift - self.scale * (self.tower(a) - self.tower(b)).pow(2).sum(1)

    def training_step(self, batch, _):
        a, b, y = batch
        return F.binary_cross_entropy_with_logits(self(a, b), y)

    def validation_step(self, batch, _):
        a, b, y = batch
        z = self(a, b)
        self.log("val_loss", F.binary_cross_entropy_with_logits(z, y))
        self.log("val_acc", ((z > 0) == (y > 0.5)).float().mean())

    def configure_callbacks(self):
        return [EarlyStopping(monitor="val_loss", mode="min", patience=8, min_delta=0.0)]

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)
