"""Small programs with one fault each, and a correct one, that the tests of the diagnosis share."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset


def blobs(rows=240, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 3, (rows,), generator=generator)
    centres = torch.tensor([[2.0, 0, 0, 1], [-2.0, 1, 0, 0], [0, -2.0, 1, 0]])
    return centres[y] + 0.5 * torch.randn(rows, 4, generator=generator), y


class Data:
    def __init__(self, train=None, val=None, shuffle=True, batch=32):
        self.train, self.val = train or blobs(), val if val is not None else blobs(120, 1)
        self.shuffle, self.batch = shuffle, batch

    def train_dataloader(self):
        dataset = self.train if isinstance(self.train, Dataset) else TensorDataset(*self.train)
        return DataLoader(dataset, self.batch, shuffle=self.shuffle)

    def val_dataloader(self):
        if self.val == ():
            return None
        dataset = self.val if isinstance(self.val, Dataset) else TensorDataset(*self.val)
        return DataLoader(dataset, 60)


class Model(nn.Module):
    max_epochs = 8
    lr = 1e-2

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def validation_step(self, batch, index):
        x, y = batch
        return {"loss": F.cross_entropy(self(x), y)}

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


class Jittered(Dataset):
    """Rows with fresh noise on every access."""

    def __init__(self, rows, size=0.3, **_):
        self.x, self.y, self.size = *rows, size

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index] + self.size * torch.randn(4), self.y[index]
