import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

V, T = 30, 16


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.default_rng(130)
        s = np.zeros((1400, T + 1), dtype=np.int64)
        s[:, :2] = r.integers(0, V, (1400, 2))
        for t in range(2, T + 1):
            hop = (s[:, t - 1] + 3 * (s[:, t - 2] % 4) + 1) % V
            s[:, t] = np.where(r.random(1400) < 0.9, hop, r.integers(0, V, 1400))
        s = torch.from_numpy(s)
        self.tr, self.va = TensorDataset(s[:1100]), TensorDataset(s[1100:])

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 150)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self, d=64):
        super().__init__()
        L.seed_everything(130, verbose=False)
        self.emb = nn.Embedding(V, d)
        nn.init.normal_(self.emb.weight, std=d**-0.5)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.proj = nn.Linear(d, d)
        self.out = nn.Linear(d, V)
        self.out.weight = self.emb.weight

    def forward(self, s):
        return self.out(self.proj(self.rnn(self.emb(s))[0]))

    def step(self, s):
        out = self(s[:, :-1])[:, 1:]
        tgt = s[:, 2:]
        return nn.functional.cross_entropy(out.reshape(-1, V), tgt.reshape(-1)), (
            out.argmax(-1) == tgt
        ).float().mean()

    def training_step(self, batch, i):
        loss, _ = self.step(batch[0])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        loss, acc = self.step(batch[0])
        self.log_dict({"val_loss": loss, "val_acc": acc})

    def configure_callbacks(self):
        return [EarlyStopping("val_loss", patience=5, mode="min")]

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=5e-3)
