import lightning as L
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics.classification import MulticlassAccuracy


class Data(L.LightningDataModule):
    def __init__(self, batch_size: int = 64):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage=None):
        X, y = make_classification(
            3000, 24, n_informative=14, n_classes=5, class_sep=1.6, random_state=2
        )
        Xa, Xb, ya, yb = train_test_split(X, y, test_size=600, random_state=0, stratify=y)
        sc = StandardScaler().fit(Xa)
        mk = lambda a, b: TensorDataset(
            torch.as_tensor(sc.transform(a), dtype=torch.float32), torch.as_tensor(b)
        )
        self.a, self.b = mk(Xa, ya), mk(Xb, yb)

    def train_dataloader(self):
        return DataLoader(self.a, batch_size=self.hparams.batch_size, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.b, batch_size=300)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, max_lr: float = 0.02):
        super().__init__()
        self.max_lr = max_lr
        self.net = nn.Sequential(
            nn.Linear(24, 128, bias=False),
            nn.BatchNorm1d(128),
            nn.ReLU(),
            nn.Linear(128, 64, bias=False),
            nn.BatchNorm1d(64),
            nn.ReLU(),
            nn.Linear(64, 5),
        )
        self.criterion = nn.CrossEntropyLoss()
        self.acc = MulticlassAccuracy(5)

    def training_step(self, batch, batch_idx):
        loss = self.criterion(self.net(batch[0]), batch[1])
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        out = self.net(batch[0])
        self.acc.update(out, batch[1])
        self.log("val_loss", self.criterion(out, batch[1]))
        self.log("val_acc", self.acc)

    def configure_optimizers(self):
        opt = torch.optim.SGD(self.parameters(), lr=self.max_lr, momentum=0.9, weight_decay=1e-4)
        sch = torch.optim.lr_scheduler.OneCycleLR(
            opt, self.max_lr, total_steps=self.trainer.estimated_stepping_batches
        )
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sch, "interval": "step"}}
