import lightning as L
import torch
from sklearn.datasets import make_multilabel_classification
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, Y = make_multilabel_classification(
            n_samples=2500,
            n_features=40,
            n_classes=8,
            n_labels=2,
            length=60,
            allow_unlabeled=False,
            random_state=30,
        )
        X = torch.tensor(X, dtype=torch.float32)
        X = X / X.sum(1, keepdim=True).clamp(min=1)
        Y = torch.tensor(Y, dtype=torch.float32)
        X = (X - X[:2000].mean(0)) / X[:2000].std(0)
        self.train_ds = TensorDataset(X[:2000], Y[:2000])
        self.val_ds = TensorDataset(X[2000:], Y[2000:])

    def train_dataloader(self):
        return DataLoader(self.train_ds, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_ds, 500)


class TagHead(torch.nn.Module):
    def __init__(self, d, k):
        super().__init__()
        self.proj = torch.nn.Linear(d, k)

    def forward(self, h):
        return torch.sigmoid(self.proj(h))


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.encoder = torch.nn.Sequential(
            torch.nn.Linear(40, 64), torch.nn.ReLU(), torch.nn.Dropout(0.2)
        )
        self.head = TagHead(64, 8)
        self.criterion = torch.nn.BCEWithLogitsLoss()

    def forward(self, x):
        return self.head(self.encoder(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        z = self(x)
        p = (torch.sigmoid(z) > 0.5).float()
        tp = (p * y).sum()
        f1 = 2 * tp / (p.sum() + y.sum()).clamp(min=1)
        self.log("val_loss", self.criterion(z, y))
        self.log("val_f1", f1)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)
