import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchmetrics.classification import MulticlassAccuracy

L.seed_everything(0)


class Scale:
    def __init__(self, top):
        self.top = top

    def __call__(self, img):
        return img / self.top


class Digits(Dataset):
    def __init__(self, index, transform=None):
        d = load_digits()
        self.images = torch.tensor(d.images[index] / 16, dtype=torch.float32).unsqueeze(1)
        self.labels = torch.tensor(d.target[index])
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        x = self.images[i]
        if self.transform:
            x = self.transform(x)
        return x, self.labels[i]


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage=None):
        order = torch.randperm(1797, generator=torch.Generator().manual_seed(0)).numpy()
        tf = Scale(255.0)
        self.train, self.val = Digits(order[:1400], tf), Digits(order[1400:], tf)

    def train_dataloader(self):
        return DataLoader(self.train, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, 128)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self, lr=0.05):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(128, 10),
        )
        self.acc = MulticlassAccuracy(10, average="micro")

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.acc(out, y)
        self.log("val_loss", F.cross_entropy(out, y))
        self.log("val_acc", self.acc, on_epoch=True)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr, momentum=0.9)
