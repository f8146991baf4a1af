import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def gestures(n, seed, steps=30):
    """Two-axis accelerometer tracks of four gestures."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n)
    t = np.linspace(0, 2 * np.pi, steps)
    ph = rng.uniform(-0.5, 0.5, (n, 1))
    amp = rng.uniform(0.7, 1.3, (n, 1))
    ax = np.where((y % 2 == 0)[:, None], np.sin(t + ph), np.sin(2 * t + ph)) * amp
    ay = np.where((y < 2)[:, None], np.cos(t + ph), -np.cos(t + ph)) * amp
    x = np.stack([ax, ay], -1) + rng.normal(0, 0.9, (n, steps, 2))
    return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y))


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.train_set, self.val_set = gestures(1000, 31), gestures(400, 32)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=100)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, hidden=32):
        super().__init__()
        self.hidden = hidden
        self.gru = nn.GRU(2, hidden, num_layers=1, batch_first=True)
        self.fc = nn.Linear(hidden, 4)

    def forward(self, x):
        h0 = torch.zeros(1, x.size(0), self.hidden, device=x.device)
        out, hn = self.gru(x, h0)
        return self.fc(h0[-1])

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=5e-3)
        sched = torch.optim.lr_scheduler.StepLR(opt, step_size=6, gamma=0.4)
        return [opt], [sched]


if __name__ == "__main__":
    L.seed_everything(0)
    L.Trainer(
        max_epochs=Model.max_epochs,
        gradient_clip_val=1.0,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
    ).fit(Model(), Data())
