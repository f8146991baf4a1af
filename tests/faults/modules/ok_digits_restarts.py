import lightning as L
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(1)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        a, b, ya, yb = train_test_split(
            d.images, d.target, test_size=0.2, stratify=d.target, random_state=1
        )
        m, s = a.mean(), a.std()
        mk = lambda v, w: TensorDataset(
            torch.tensor((v - m) / s, dtype=torch.float32).unsqueeze(1), torch.tensor(w)
        )
        self.train, self.val = mk(a, ya), mk(b, yb)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=360)


def conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())


class Model(L.LightningModule):
    max_epochs = 21

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            conv(1, 16),
            conv(16, 16),
            nn.MaxPool2d(2),
            conv(16, 32),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(128, 10),
        )
        self.criterion = nn.CrossEntropyLoss(label_smoothing=0.1)

    def training_step(self, batch, _):
        x, y = batch
        loss = self.criterion(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self.net(x)
        self.log("val_loss", self.criterion(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=4e-3, weight_decay=0.05)
        # restarts after 3, 9 and 21 epochs
        return [opt], [torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=3, T_mult=2)]
