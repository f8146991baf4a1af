import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        r = np.random.RandomState(125)
        x = r.randn(2600, 8)
        s = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2])
        cls = np.digitize(s, np.quantile(s[:2000], [1 / 3, 2 / 3]))
        reg = s + 0.5 * x[:, 3] + 0.1 * r.randn(2600)
        x = (x - x[:2000].mean(0)) / x[:2000].std(0)
        reg = (reg - reg[:2000].mean()) / reg[:2000].std()
        ds = TensorDataset(torch.tensor(x).float(), torch.tensor(cls), torch.tensor(reg).float())
        self.tr, self.va = (
            torch.utils.data.Subset(ds, range(2000)),
            torch.utils.data.Subset(ds, range(2000, 2600)),
        )

    def train_dataloader(self):
        return DataLoader(self.tr, 50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 300)


class Model(L.LightningModule):
    max_epochs = 22

    def __init__(self):
        super().__init__()
        L.seed_everything(125, verbose=False)
        self.trunk = nn.Sequential(nn.Linear(8, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.cls, self.reg = nn.Linear(96, 3), nn.Linear(96, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.cls(h), self.reg(h).squeeze(1)

    def losses(self, batch):
        x, c, r = batch
        a, b = self(x)
        return F.cross_entropy(a, c), F.mse_loss(b, r), (a.argmax(1) == c).float().mean()

    def training_step(self, batch, i):
        lc, lr, _ = self.losses(batch)
        self.log_dict({"train_ce": lc, "train_mse": lr})
        return lc + 0.5 * lr

    def validation_step(self, batch, i):
        lc, lr, acc = self.losses(batch)
        self.log_dict({"val_loss": lc + 0.5 * lr, "val_mse": lr, "val_acc": acc})

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-3)
