import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

S = 16


def draw_arrow(direction, rng):
    img = np.zeros((S, S), dtype=np.float32)
    c = S // 2
    img[c - 1 : c + 1, 3:13] = 1.0
    for k in range(4):
        img[c - 1 - k, 12 - k] = 1.0
        img[c + k, 12 - k] = 1.0
    img = np.rot90(img, direction).copy()
    img *= rng.uniform(0.6, 1.0)
    img += rng.normal(0, 0.4, (S, S)).astype(np.float32)
    return img


class Arrows(Dataset):
    def __init__(self, n, seed, train):
        rng = np.random.default_rng(seed)
        self.y = torch.tensor(rng.integers(0, 4, n))
        imgs = np.stack([draw_arrow(int(k), rng) for k in self.y])
        self.x = (torch.tensor(imgs).unsqueeze(1) - 0.08) / 0.47
        self.train = train

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x = self.x[i]
        if self.train:
            x = self.augment(x)
        return x, self.y[i]

    def augment(self, x):
        dx, dy = torch.randint(-1, 2, (2,)).tolist()
        x = torch.roll(x, (dy, dx), dims=(1, 2))
        if torch.rand(1) < 0.5:
            x = torch.flip(x, dims=(2,))
        if torch.rand(1) < 0.5:
            x = torch.flip(x, dims=(1,))
        return x


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.train_set = Arrows(1000, seed=1, train=True)
        self.val_set = Arrows(400, seed=2, train=False)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=100)


class Model(L.LightningModule):
    """Direction of an arrow: right, up, left, down."""

    max_epochs = 14

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(16 * 16, 32), nn.ReLU(), nn.Linear(32, 4)
        )
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.classifier(self.features(x))

    def training_step(self, batch, _):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.loss(out, y))
        self.log("val_acc", (out.argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1.5e-3)


if __name__ == "__main__":
    L.seed_everything(42)
    L.Trainer(
        max_epochs=Model.max_epochs, accelerator="cpu", logger=False, enable_checkpointing=False
    ).fit(Model(), Data())
