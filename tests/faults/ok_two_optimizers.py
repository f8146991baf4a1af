"""Two heads, two losses, two optimisers stepped by hand."""

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        digits = load_digits()
        x = torch.tensor(digits.data).float() / 16
        y = torch.tensor(digits.target)
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(9))
        x, y = x[order], y[order]
        ink = (x.mean(1) - x.mean()) / x.mean(1).std()
        self.train = TensorDataset(x[:1400], y[:1400], ink[:1400])
        self.val = TensorDataset(x[1400:], y[1400:], ink[1400:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=35, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=397)


class Model(L.LightningModule):
    max_epochs = 8

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.trunk = nn.Sequential(nn.Linear(64, 48), nn.ReLU())
        self.digit, self.ink = nn.Linear(48, 10), nn.Linear(48, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.digit(h), self.ink(h).squeeze(1)

    def training_step(self, batch, batch_idx):
        x, y, ink = batch
        trunk_opt, head_opt = self.optimizers()
        logits, ink_hat = self(x)
        loss = nn.functional.cross_entropy(logits, y) + 0.5 * nn.functional.mse_loss(ink_hat, ink)
        trunk_opt.zero_grad()
        head_opt.zero_grad()
        self.manual_backward(loss)
        trunk_opt.step()
        head_opt.step()
        return loss

    def validation_step(self, batch, batch_idx):
        x, y, ink = batch
        logits, _ = self(x)
        self.log("val_acc", (logits.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        heads = [*self.digit.parameters(), *self.ink.parameters()]
        return torch.optim.Adam(self.trunk.parameters(), lr=2e-3), torch.optim.SGD(heads, lr=0.1)
