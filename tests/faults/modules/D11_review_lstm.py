import lightning as L
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

VOCAB, LEN = 150, 16


def reviews(n, seed):
    g = torch.Generator().manual_seed(seed)
    tone = torch.zeros(VOCAB)
    tone[1:41], tone[41:81] = 1.0, -1.0
    x = torch.randint(1, VOCAB, (n, LEN), generator=g)
    weight = torch.linspace(0.5, 1.0, LEN)
    s = (tone[x] * weight).sum(1)
    y = (s + 0.3 * torch.randn(n, generator=g) > 0).float()
    return TensorDataset(x, y)


class Data(L.LightningDataModule):
    def __init__(self, limit=60, batch_size=50):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage=None):
        full = reviews(3000, seed=1)
        self.train = torch.utils.data.Subset(full, range(self.hparams.limit))
        self.val = reviews(800, seed=2)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=400)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.emb = nn.Embedding(VOCAB, 24, padding_idx=0)
        self.lstm = nn.LSTM(24, 32, batch_first=True)
        self.fc = nn.Linear(32, 1)

    def forward(self, x):
        _, (h, _) = self.lstm(self.emb(x))
        return self.fc(h[-1]).squeeze(-1)

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.binary_cross_entropy_with_logits(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log("val_loss", nn.functional.binary_cross_entropy_with_logits(z, y))
        self.log("val_acc", ((z > 0) == (y > 0.5)).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
