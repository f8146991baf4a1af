import math

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        d = load_digits()
        x = torch.tensor(d.images, dtype=torch.float32) / 8 - 1
        y = torch.tensor(d.target)
        p = torch.randperm(len(x), generator=torch.Generator().manual_seed(9))
        self.tr = TensorDataset(x[p[:1450]], y[p[:1450]])
        self.va = TensorDataset(x[p[1450:]], y[p[1450:]])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=48, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=347)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, dim=48):
        super().__init__()
        self.patch = nn.Linear(4, dim)
        self.cls = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.pos = nn.Parameter(torch.randn(1, 17, dim) * 0.02)
        layer = nn.TransformerEncoderLayer(
            dim, 4, 96, dropout=0.0, batch_first=True, norm_first=True, activation="gelu"
        )
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, 10)

    def forward(self, x):
        n = x.shape[0]
        p = x.reshape(n, 4, 2, 4, 2).permute(0, 1, 3, 2, 4).reshape(n, 16, 4)
        h = torch.cat([self.cls.expand(n, -1, -1), self.patch(p)], 1) + self.pos
        return self.head(self.norm(self.enc(h)[:, 0]))

    def training_step(self, batch, _):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        out = self(batch[0])
        self.log("val_loss", F.cross_entropy(out, batch[1]))
        self.log("val_acc", (out.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=0.01)
        total = self.trainer.estimated_stepping_batches
        warm = max(1, int(0.1 * total))

        def factor(s):
            if s < warm:
                return (s + 1) / warm
            return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (s - warm) / max(1, total - warm)))

        sch = torch.optim.lr_scheduler.LambdaLR(opt, factor)
        return [opt], [{"scheduler": sch, "interval": "step"}]
