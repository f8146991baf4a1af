import lightning as L
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


def weave(rng, kind):
    yy, xx = np.mgrid[:20, :20]
    img = 110 + 30 * np.sin(xx * 1.6 + rng.random() * 6) + 30 * np.sin(yy * 1.6 + rng.random() * 6)
    p = rng.integers(4, 15)
    if kind == 0:
        img[p : p + 2, :] += 70
    elif kind == 1:
        img[:, p : p + 2] += 70
    elif kind == 2:
        q = rng.integers(4, 15)
        img[(yy - p) ** 2 + (xx - q) ** 2 < 12] -= 80
    img += rng.normal(0, 14, img.shape)
    return np.clip(img, 0, 255).astype(np.uint8)


class Fabric(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, 4, n)
        self.images = [weave(rng, k) for k in self.labels]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        img = torch.from_numpy(self.images[i]).float() / 255.0
        return img.unsqueeze(0), int(self.labels[i])


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.val = Fabric(900, 1), Fabric(300, 2)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, lr=0.03):
        super().__init__()
        self.save_hyperparameters()
        torch.manual_seed(9)
        self.conv1 = nn.Conv2d(1, 12, 5)
        self.conv2 = nn.Conv2d(12, 24, 3)
        self.fc = nn.Linear(24 * 9, 4)

    def forward(self, x):
        x = x / 255.0
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.log_dict(
            {"val_loss": F.cross_entropy(out, y), "val_acc": (out.argmax(1) == y).float().mean()}
        )

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr, momentum=0.9)
