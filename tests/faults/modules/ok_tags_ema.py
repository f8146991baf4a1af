import copy

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


def load():
    x, y = make_multilabel_classification(
        16000, n_features=60, n_classes=20, n_labels=2, length=80, random_state=9
    )
    return train_test_split(
        torch.tensor(x, dtype=torch.float32),
        torch.tensor(y, dtype=torch.float32),
        test_size=0.25,
        random_state=9,
    )


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        a, b, c, d = load()
        self.train, self.val = TensorDataset(a, c), TensorDataset(b, d)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=200, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=4000)


def tower():
    return nn.Sequential(
        nn.Linear(60, 128), nn.LayerNorm(128), nn.ReLU(), nn.Dropout(0.4), nn.Linear(128, 20)
    )


class Model(L.LightningModule):
    """bag-of-words counts -> 20 sparse tags; the averaged copy is what gets evaluated"""

    def __init__(self, decay=0.98):
        super().__init__()
        self.net = tower()
        self.shadow = copy.deepcopy(self.net).requires_grad_(False).eval()
        self.decay = decay
        _, _, y, _ = load()
        f = y.mean(0)
        self.register_buffer("pos_weight", ((1 - f) / f).clamp(max=20).sqrt())
        with torch.no_grad():  # start at the (re-weighted) base rates
            odds = f * self.pos_weight / (1 - f)
            self.net[-1].bias.copy_(odds.log())
            self.shadow[-1].bias.copy_(odds.log())

    @staticmethod
    def prep(x):
        return x.log1p() - 0.6

    def training_step(self, b, i):
        x, y = b
        loss = F.binary_cross_entropy_with_logits(
            self.net(self.prep(x)), y, pos_weight=self.pos_weight
        )
        self.log("train_loss", loss)
        return loss

    @torch.no_grad()
    def on_train_batch_end(self, *a):
        for s, p in zip(self.shadow.parameters(), self.net.parameters()):
            s.lerp_(p, 1 - self.decay)

    def on_train_epoch_start(self):
        self.shadow.eval()

    def validation_step(self, b, i):
        x, y = b
        z = self.shadow(self.prep(x))
        self.log("val_loss", F.binary_cross_entropy_with_logits(z, y, pos_weight=self.pos_weight))
        self.log("val_acc", ((z > 0) == (y > 0.5)).float().mean())
        has = y.sum(0) > 0
        self.log(
            "val_map",
            float(
                average_precision_score(
                    y[:, has].cpu().numpy(), z[:, has].cpu().numpy(), average="macro"
                )
            ),
        )
        self.log("val_map_chance", y[:, has].mean())

    def configure_optimizers(self):
        named = [(n, p) for n, p in self.net.named_parameters()]
        w = [p for n, p in named if p.ndim > 1]
        other = [p for n, p in named if p.ndim <= 1]
        return torch.optim.AdamW(
            [{"params": w, "weight_decay": 0.05}, {"params": other, "weight_decay": 0.0}], lr=2e-3
        )
