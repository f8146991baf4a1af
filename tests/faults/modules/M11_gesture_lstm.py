import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

L.seed_everything(3)


def fake_sensor(n=1600, T=30, seed=0):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 4, (n,), generator=g)
    t = torch.linspace(0, 1, T)
    up = (y % 2 == 0).float()[:, None]
    freq = torch.where(y < 2, 2.0, 4.0)[:, None]
    ph = torch.rand(n, 1, generator=g) * 6.28
    a = torch.sin(6.28 * freq * t + ph)
    b = up * t + (1 - up) * (1 - t)
    x = torch.stack([a, b - 0.5], -1)
    x = x + 0.15 * torch.randn(x.shape, generator=g)
    # handset noise shift so the last frame alone does not tell much
    x[:, -1] = 0.3 * torch.randn(n, 2, generator=g)
    return x, y


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        ds = TensorDataset(*fake_sensor())
        self.tr, self.va = random_split(ds, [1300, 300], generator=torch.Generator().manual_seed(0))

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=50)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, hidden=48):
        super().__init__()
        self.lstm = nn.LSTM(input_size=2, hidden_size=hidden, num_layers=1)
        self.fc = nn.Linear(hidden, 4)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(out[:, -1])

    def training_step(self, batch, i):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        out = self(x)
        self.log_dict(
            {"val_loss": F.cross_entropy(out, y), "val_acc": (out.argmax(-1) == y).float().mean()}
        )

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)
