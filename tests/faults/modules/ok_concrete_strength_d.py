import lightning as L
import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = make_friedman1(1500, n_features=8, noise=0.4, random_state=6)
        x = torch.tensor(x, dtype=torch.float32)
        y = torch.tensor(y, dtype=torch.float32).unsqueeze(1)
        x = (x - x[:1200].mean(0)) / x[:1200].std(0)
        y = (y - y[:1200].mean()) / y[:1200].std()
        self.parts = TensorDataset(x[:1200], y[:1200]), TensorDataset(x[1200:], y[1200:])

    def train_dataloader(self):
        return DataLoader(self.parts[0], batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.parts[1], batch_size=300)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(8, 64)
        self.l2 = nn.Linear(64, 64)
        self.l3 = nn.Linear(64, 1)
        self.reset()

    def reset(self):
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.uniform_(p, -((3 / p.size(1)) ** 0.5), (3 / p.size(1)) ** 0.5)
            else:
                nn.init.zeros_(p)

    def forward(self, x):
        return self.l3(torch.relu(self.l2(torch.relu(self.l1(x)))))

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.huber_loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = self(x)
        self.log("val_loss", nn.functional.huber_loss(p, y))
        self.log("val_r2", 1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
