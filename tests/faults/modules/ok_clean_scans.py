import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    def __init__(self, images, sigma, fixed_seed=None):
        self.images, self.sigma = images, sigma
        self.noise = None
        if fixed_seed is not None:
            self.noise = torch.randn(
                images.shape, generator=torch.Generator().manual_seed(fixed_seed)
            )

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        x = self.images[i]
        e = torch.randn_like(x) if self.noise is None else self.noise[i]
        return x + self.sigma * e, x


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        x = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
        x = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(120))]
        self.tr, self.va = Pairs(x[:1400], 0.2), Pairs(x[1400:], 0.2, fixed_seed=9)

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 200)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        L.seed_everything(120, verbose=False)
        self.enc = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, 48, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.dec = nn.Sequential(
            nn.ConvTranspose2d(48, 24, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, 1, 3, padding=1),
        )

    def forward(self, x):
        return self.dec(self.enc(x))

    def training_step(self, batch, i):
        noisy, clean = batch
        loss = nn.functional.mse_loss(self(noisy), clean)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        noisy, clean = batch
        mse = nn.functional.mse_loss(self(noisy), clean)
        self.log("val_loss", mse)
        self.log("val_psnr", -10 * torch.log10(mse))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
