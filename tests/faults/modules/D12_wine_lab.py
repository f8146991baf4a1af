import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset


class WineSet(Dataset):
    def __init__(self, x, y):
        self.x, self.y = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Data(L.LightningDataModule):
    def __init__(self, batch_size=16):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        x, y = load_wine(return_X_y=True)
        xa, xb, ya, yb = train_test_split(x, y, test_size=0.35, random_state=3, stratify=y)
        m, s = xa.mean(0), xa.std(0)
        xa = (xa - m) / s
        self.a, self.b = WineSet(xa, ya), WineSet(xb, yb)

    def train_dataloader(self):
        return DataLoader(self.a, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.b, 64)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(13, 24)
        self.b = nn.Linear(24, 3)

    def forward(self, x):
        return self.b(F.elu(self.a(x)))

    def training_step(self, batch, idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean(), on_epoch=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 3e-3)
