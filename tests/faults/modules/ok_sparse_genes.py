import lightning as L
import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(0)


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        x, y = make_classification(
            1200,
            60,
            n_informative=10,
            n_redundant=0,
            n_classes=3,
            n_clusters_per_class=1,
            class_sep=1.5,
            flip_y=0.0,
            random_state=18,
        )
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
        x = (x - x[:900].mean(0)) / x[:900].std(0)
        self.fit_set, self.val_set = (
            TensorDataset(x[:900], y[:900]),
            TensorDataset(x[900:], y[900:]),
        )

    def train_dataloader(self):
        return DataLoader(self.fit_set, batch_size=45, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 30
    l1 = 1e-4

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(60, 32)
        self.b = nn.Linear(32, 3)

    def forward(self, x):
        return self.b(torch.relu(self.a(x)))

    def penalty(self):
        return sum(p.abs().sum() for n, p in self.named_parameters() if n.endswith("weight"))

    def training_step(self, batch, _):
        x, y = batch
        ce = nn.functional.cross_entropy(self(x), y)
        pen = self.l1 * self.penalty()
        self.log_dict({"train_ce": ce, "train_penalty": pen})
        return ce + pen

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log("val_loss", nn.functional.cross_entropy(z, y))
        self.log("val_acc", (z.argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)
