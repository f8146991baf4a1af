import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset


class Stamps(Dataset):
    def __init__(self, augment):
        d = load_digits()
        self.img = torch.tensor(d.images / 16.0, dtype=torch.float32).unsqueeze(1)
        self.lab = torch.tensor(d.target)
        self.augment = augment

    def __len__(self):
        return len(self.lab)

    def __getitem__(self, i):
        x = self.img[i]
        if self.augment:
            dx, dy = torch.randint(-1, 2, (2,)).tolist()
            x = torch.roll(x, (dy, dx), (1, 2))
            x = x + 0.2 * torch.randn_like(x)
            if torch.rand(()) < 0.5:
                r, c = torch.randint(0, 5, (2,)).tolist()
                x[:, r : r + 4, c : c + 4] = 0
        return x, self.lab[i]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        order = torch.randperm(1797, generator=torch.Generator().manual_seed(1)).tolist()
        train_ds = Stamps(augment=True)
        val_ds = Stamps(augment=False)
        self.tr = Subset(train_ds, order[:1300])
        self.va = Subset(val_ds, order[1300:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=128)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.max_epochs = 12
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 16, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self.cnn(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self.cnn(x).argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3)
