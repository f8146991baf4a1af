import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(12)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        X = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 8 - 1
        y = torch.tensor(d.target)
        tr, va = train_test_split(range(len(y)), test_size=0.2, stratify=d.target, random_state=12)
        self.tr, self.va = TensorDataset(X[tr], y[tr]), TensorDataset(X[va], y[va])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=4, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=120)


class Model(L.LightningModule):
    max_epochs = 4

    def __init__(self):
        super().__init__()
        blk = lambda i, o: nn.Sequential(
            nn.Conv2d(i, o, 3, padding=1), nn.GroupNorm(4, o), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.net = nn.Sequential(blk(1, 16), blk(16, 32), nn.Flatten(), nn.Linear(128, 10))

    def forward(self, x):
        return self.net(x)

    def training_step(self, b, _):
        loss = F.cross_entropy(self(b[0]), b[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, b, _):
        z = self(b[0])
        self.log("val_loss", F.cross_entropy(z, b[1]))
        self.log("val_acc", (z.argmax(1) == b[1]).float().mean())

    def configure_gradient_clipping(
        self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
    ):
        self.clip_gradients(optimizer, gradient_clip_val=5.0, gradient_clip_algorithm="norm")

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9)
        sch = torch.optim.lr_scheduler.LinearLR(opt, 0.1, 1.0, total_iters=200)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sch, "interval": "step"}}
