import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    """The cue at the start decides the answer; distractors follow."""

    def setup(self, stage=None):
        g = torch.Generator().manual_seed(61)
        n, T = 2400, 10
        cue = torch.randint(0, 4, (n,), generator=g)
        x = torch.randn(n, T, 6, generator=g) * 0.6
        x[:, 0, :4] += 2.5 * nn.functional.one_hot(cue, 4)
        x[:, 0, 4] += 2.0
        self.tr = TensorDataset(x[:1800], cue[:1800])
        self.va = TensorDataset(x[1800:], cue[1800:])

    def train_dataloader(self):
        return DataLoader(self.tr, 60, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 300)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, hidden=40):
        super().__init__()
        L.seed_everything(61, verbose=False)
        self.cell = nn.GRUCell(6, hidden)
        self.out = nn.Linear(hidden, 4)
        self.hidden = hidden

    def forward(self, x):
        h = x.new_zeros(len(x), self.hidden)
        for t in range(x.size(1)):
            h = self.cell(x[:, t], h)
        return self.out(h)

    def training_step(self, batch, i):
        loss = nn.functional.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        out = self(batch[0])
        self.log("val_loss", nn.functional.cross_entropy(out, batch[1]))
        self.log("val_acc", (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
