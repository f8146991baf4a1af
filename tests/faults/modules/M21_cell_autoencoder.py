import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
        self.tr, self.va = random_split(
            TensorDataset(x), [1497, 300], generator=torch.Generator().manual_seed(3)
        )

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, code=12, wd=0.05):
        super().__init__()
        self.wd = wd
        self.encoder = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, code))
        self.decoder = nn.Sequential(nn.Linear(code, 96), nn.ReLU(), nn.Linear(96, 64))

    def forward(self, x):
        return self.decoder(self.encoder(x))

    def training_step(self, batch, _):
        x = batch[0]
        loss = F.mse_loss(self(x), x)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x = batch[0]
        mse = F.mse_loss(self(x), x)
        self.log("val_loss", mse)
        self.log("val_r2", 1 - mse / (x - x.mean(0)).pow(2).mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=2e-3, weight_decay=self.wd)
        sch = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=3)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sch, "monitor": "val_loss"}}
