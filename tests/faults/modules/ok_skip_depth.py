import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class DropPath(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        keep = 1 - self.p
        mask = x.new_empty(len(x), 1, 1, 1).bernoulli_(keep)
        return x * mask / keep


class Res(nn.Module):
    def __init__(self, ch, p):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(ch, ch, 3, padding=1, bias=False),
            nn.BatchNorm2d(ch),
            nn.ReLU(),
            nn.Conv2d(ch, ch, 3, padding=1, bias=False),
            nn.BatchNorm2d(ch),
        )
        self.drop = DropPath(p)

    def forward(self, x):
        return F.relu(x + self.drop(self.f(x)))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        x, y = torch.tensor(d.images / 16).float().unsqueeze(1), torch.tensor(d.target)
        p = torch.randperm(len(y), generator=torch.Generator().manual_seed(127))
        x, y = x[p], y[p]
        self.tr, self.va = TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 200)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self, ch=24, probs=(0.0, 0.1, 0.2)):
        super().__init__()
        L.seed_everything(127, verbose=False)
        self.stem = nn.Sequential(
            nn.Conv2d(1, ch, 3, padding=1, bias=False),
            nn.BatchNorm2d(ch),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.blocks = nn.Sequential(*[Res(ch, p) for p in probs])
        self.fc = nn.Linear(ch * 16, 10)

    def forward(self, x):
        return self.fc(self.blocks(self.stem(x)).flatten(1))

    def training_step(self, batch, i):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        out = self(batch[0])
        self.log("val_loss", F.cross_entropy(out, batch[1]))
        self.log("val_acc", (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
