import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

L.seed_everything(10)


class Tasks(Dataset):
    def __init__(self, idx, ink_mean, ink_std):
        d = load_digits()
        self.x = torch.tensor(d.images[idx], dtype=torch.float32)[:, None] / 16
        self.y = torch.tensor(d.target[idx])
        self.ink = (self.x.sum((1, 2, 3)) - ink_mean) / ink_std

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return {
            "image": self.x[i],
            "digit": self.y[i],
            "odd": (self.y[i] % 2).float(),
            "ink": self.ink[i],
        }


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        p = torch.randperm(1797, generator=torch.Generator().manual_seed(10)).numpy()
        ink = load_digits().images[p[:1400]].sum((1, 2)) / 16
        self.tr = Tasks(p[:1400], ink.mean().item(), ink.std().item())
        self.va = Tasks(p[1400:], ink.mean().item(), ink.std().item())

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=397)


class Model(L.LightningModule):
    max_epochs = 15
    weights = {"digit": 1.0, "odd": 0.5, "ink": 0.5}

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(128, 64),
            nn.ReLU(),
        )
        self.digit, self.odd, self.ink = nn.Linear(64, 10), nn.Linear(64, 1), nn.Linear(64, 1)

    def losses(self, b):
        h = self.trunk(b["image"])
        z = self.digit(h)
        out = {
            "digit": F.cross_entropy(z, b["digit"]),
            "odd": F.binary_cross_entropy_with_logits(self.odd(h)[:, 0], b["odd"]),
            "ink": F.mse_loss(self.ink(h)[:, 0], b["ink"]),
        }
        return sum(self.weights[k] * v for k, v in out.items()), out, z

    def training_step(self, b, _):
        loss, parts, _z = self.losses(b)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        loss, parts, z = self.losses(b)
        self.log("val_loss", loss)
        self.log_dict({f"val_loss_{k}": v for k, v in parts.items()})
        self.log("val_acc", (z.argmax(1) == b["digit"]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
