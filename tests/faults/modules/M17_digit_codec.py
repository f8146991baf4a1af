import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, random_split


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
        self.tr, self.va = random_split(x, [1397, 400], generator=torch.Generator().manual_seed(59))

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 200)


class Model(L.LightningModule):
    max_epochs = 50

    def __init__(self, code=2):
        super().__init__()
        L.seed_everything(59, verbose=False)
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, code)
        )
        self.decoder = nn.Sequential(
            nn.Linear(code, 128), nn.ReLU(), nn.Linear(128, 64), nn.Unflatten(1, (1, 8, 8))
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))

    def training_step(self, x, i):
        loss = nn.functional.mse_loss(self(x), x)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, x, i):
        mse = nn.functional.mse_loss(self(x), x)
        self.log("val_loss", mse)
        self.log("val_r2", 1 - mse / ((x - x.mean(0)) ** 2).mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
