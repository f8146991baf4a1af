import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

CONTEXT = 24


def series(n=2600, seed=6):
    rng = np.random.default_rng(seed)
    v = np.zeros(n)
    for t in range(2, n):
        v[t] = 1.75 * v[t - 1] - 0.9 * v[t - 2] + rng.normal(0, 0.1)
    v += 0.5 * np.sin(np.arange(n) / 9.0)
    return v


class Windows(Dataset):
    def __init__(self, values):
        self.values = torch.as_tensor(values)

    def __len__(self):
        return len(self.values) - CONTEXT

    def __getitem__(self, i):
        w = self.values[i : i + CONTEXT + 1]
        return w[:-1].float().unsqueeze(0), w[-1].float()


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        s = series()
        cut = 2000
        mu, sd = s[:cut].mean(), s[:cut].std()
        z = ((s - mu) / sd).astype(np.float32)
        self.past, self.future = Windows(z[:cut]), Windows(z[cut:])

    def train_dataloader(self):
        return DataLoader(self.past, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.future, 256)


class CausalBlock(nn.Module):
    def __init__(self, cin, cout, dilation):
        super().__init__()
        self.pad = nn.ConstantPad1d((2 * dilation, 0), 0.0)
        self.conv = nn.Conv1d(cin, cout, 3, dilation=dilation)
        self.skip = nn.Conv1d(cin, cout, 1)

    def forward(self, x):
        return torch.relu(self.conv(self.pad(x))) + self.skip(x)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.tcn = nn.Sequential(
            CausalBlock(1, 16, 1), CausalBlock(16, 16, 2), CausalBlock(16, 16, 4)
        )
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        return self.head(self.tcn(x)[:, :, -1]).squeeze(-1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_mse", nn.functional.mse_loss(self(x), y), batch_size=len(y))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
