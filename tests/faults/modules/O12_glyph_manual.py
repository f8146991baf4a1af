import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1)
        y = torch.tensor(d.target)
        p = torch.randperm(len(y), generator=torch.Generator().manual_seed(69))
        x, y = x[p], y[p]
        x = (x - x[:1400].mean()) / x[:1400].std()
        self.tr, self.va = TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])

    def train_dataloader(self):
        return DataLoader(self.tr, 14, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 200)


class Model(L.LightningModule):
    max_epochs = 10
    every = 10

    def __init__(self):
        super().__init__()
        L.seed_everything(69, verbose=False)
        self.automatic_optimization = False
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(512, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, i):
        opt = self.optimizers()
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.manual_backward(loss)
        if (i + 1) % self.every == 0:
            opt.step()
            opt.zero_grad()
        self.log("train_loss", loss)

    def validation_step(self, batch, i):
        out = self(batch[0])
        self.log("val_loss", F.cross_entropy(out, batch[1]))
        self.log("val_acc", (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
