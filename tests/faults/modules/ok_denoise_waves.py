import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(5)
T = 64


def waves(n, g):
    t = torch.linspace(0, 1, T)
    f = torch.randint(1, 6, (n, 1), generator=g)
    ph = torch.rand(n, 1, generator=g) * 6.2832
    amp = 0.5 + torch.rand(n, 1, generator=g)
    clean = amp * torch.sin(6.2832 * f * t + ph)
    return (clean + 0.5 * torch.randn(n, T, generator=g)).unsqueeze(1), clean.unsqueeze(1)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        g = torch.Generator().manual_seed(5)
        self.train, self.val = TensorDataset(*waves(1600, g)), TensorDataset(*waves(400, g))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(
            nn.Conv1d(1, 16, 5, 2, 2),
            nn.LeakyReLU(),
            nn.Conv1d(16, 32, 5, 2, 2),
            nn.LeakyReLU(),
            nn.Flatten(),
            nn.Linear(512, 16),
        )
        self.up = nn.Sequential(
            nn.Linear(16, 512),
            nn.LeakyReLU(),
            nn.Unflatten(1, (32, 16)),
            nn.ConvTranspose1d(32, 16, 4, 2, 1),
            nn.LeakyReLU(),
            nn.ConvTranspose1d(16, 1, 4, 2, 1),
        )

    def forward(self, x):
        return self.up(self.down(x))

    def training_step(self, batch, _):
        noisy, clean = batch
        loss = nn.functional.mse_loss(self(noisy), clean)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        noisy, clean = batch
        out = self(noisy)
        self.log("val_loss", nn.functional.mse_loss(out, clean))
        self.log("val_r2", 1 - (out - clean).pow(2).sum() / (clean - clean.mean()).pow(2).sum())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
