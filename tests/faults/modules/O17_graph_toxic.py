import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

NODES, FEATS = 10, 5


def molecules(n, seed):
    g = torch.Generator().manual_seed(seed)
    kinds = torch.randint(0, FEATS, (n, NODES), generator=g)
    up = torch.triu((torch.rand(n, NODES, NODES, generator=g) < 0.25).float(), 1)
    adj = up + up.transpose(1, 2)
    x = nn.functional.one_hot(kinds, FEATS).float()
    pairs = torch.einsum("ni,nij,nj->n", x[..., 0], adj, x[..., 1])
    y = (pairs >= 1).float()
    eye = torch.eye(NODES)
    a = adj + eye
    return x, a, y


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr = TensorDataset(*molecules(2400, 0))
        self.va = TensorDataset(*molecules(600, 1))

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=300)


class GraphConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.nb = nn.Linear(i, o)
        self.own = nn.Linear(i, o, bias=False)

    def forward(self, h, a):
        return torch.relu(self.nb(a @ h) + self.own(h))


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self):
        super().__init__()
        self.g1 = GraphConv(FEATS, 32)
        self.g2 = GraphConv(32, 32)
        self.out = nn.Linear(32, 1)

    def forward(self, x, a):
        h = self.g2(self.g1(x, a), a)
        return self.out(h.sum(1))

    def training_step(self, batch, i):
        x, a, y = batch
        return nn.functional.binary_cross_entropy_with_logits(self(x, a).squeeze(1), y)

    def validation_step(self, batch, i):
        x, a, y = batch
        logits = self(x, a)
        self.log("val_loss", nn.functional.binary_cross_entropy_with_logits(logits.squeeze(1), y))
        pred = logits.argmax(dim=1)
        self.log("val_acc", (pred == y.long()).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
