import lightning as L
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32):
        super().__init__()
        self.batch_size = batch_size
        X, y = load_digits(return_X_y=True)
        X = torch.tensor(X / 8.0 - 1.0, dtype=torch.float32)
        y = torch.tensor(y, dtype=torch.long)
        Xt, Xv, yt, yv = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
        self.train, self.val = TensorDataset(Xt, yt), TensorDataset(Xv, yv)

    def train_dataloader(self):
        return DataLoader(self.train, self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, 128)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, width=128, depth=3):
        super().__init__()
        layers, n_in = [], 64
        for _ in range(depth):
            layers += [nn.Linear(n_in, width), nn.Tanh()]
            n_in = width
        layers.append(nn.Linear(n_in, 10))
        self.net = nn.Sequential(*layers)
        self.reset_parameters()
        self.criterion = nn.CrossEntropyLoss()

    def reset_parameters(self):
        for m in self.net:
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0.0, std=m.in_features**-0.5)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log("val_loss", self.criterion(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.02, momentum=0.9)
