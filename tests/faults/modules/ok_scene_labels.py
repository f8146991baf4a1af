import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MultilabelAUROC, MultilabelF1Score

L.seed_everything(2)
LABELS = 6


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(2)
        x = rng.normal(size=(2500, 24))
        score = (
            x @ rng.normal(size=(24, LABELS)) / 4.9
            + 0.8 * x[:, :LABELS] * x[:, LABELS : 2 * LABELS]
        )
        y = (score + 0.15 * rng.normal(size=score.shape) > 0.6).astype(np.float32)
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
        self.train, self.val = TensorDataset(x[:2000], y[:2000]), TensorDataset(x[2000:], y[2000:])
        self.rate = y[:2000].mean(0)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 30

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(24, 128),
            nn.GELU(),
            nn.Dropout(0.1),
            nn.Linear(128, 64),
            nn.GELU(),
            nn.Linear(64, LABELS),
        )
        self.f1 = MultilabelF1Score(LABELS)
        self.auc = MultilabelAUROC(LABELS)

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.binary_cross_entropy_with_logits(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        p = torch.sigmoid(self(x))
        self.f1.update(p, y.int())
        self.auc.update(p, y.int())
        self.log("val_loss", nn.functional.binary_cross_entropy(p, y))
        self.log("val_f1", self.f1)
        self.log("val_auc", self.auc)

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=1e-2)
        return {
            "optimizer": opt,
            "lr_scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(opt, self.max_epochs),
        }
