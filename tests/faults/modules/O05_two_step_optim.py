import lightning as L
import torch
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import BinaryAccuracy


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        X, y = make_classification(
            2000, 15, n_informative=9, n_clusters_per_class=3, class_sep=1.1, random_state=14
        )
        X = StandardScaler().fit(X[:1500]).transform(X)
        X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        self.tr, self.va = TensorDataset(X[:1500], y[:1500]), TensorDataset(X[1500:], y[1500:])

    def train_dataloader(self):
        return DataLoader(self.tr, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, batch_size=250)


class Model(L.LightningModule):
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.trunk = nn.Sequential(nn.Linear(15, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.out = nn.Linear(64, 1)
        self.acc = BinaryAccuracy()

    def forward(self, x):
        return self.out(self.trunk(x)).squeeze(1)

    def training_step(self, batch, i):
        x, y = batch
        opt = self.optimizers()
        loss = F.binary_cross_entropy_with_logits(self(x), y)
        self.manual_backward(loss)
        self.clip_gradients(opt, gradient_clip_val=2.0, gradient_clip_algorithm="norm")
        opt.zero_grad()
        opt.step()
        self.log("train_loss", loss, prog_bar=True)

    def validation_step(self, batch, i):
        x, y = batch
        z = self(x)
        self.acc(z.sigmoid(), y.int())
        self.log("val_loss", F.binary_cross_entropy_with_logits(z, y))
        self.log("val_acc", self.acc)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3)
