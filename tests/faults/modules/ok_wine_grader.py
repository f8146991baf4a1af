import lightning as L
import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        wine = load_wine()
        x, y = wine.data, wine.target
        xtr, xva, ytr, yva = train_test_split(x, y, test_size=0.3, stratify=y, random_state=1)
        scaler = StandardScaler().fit(xtr)
        xtr, xva = scaler.transform(xtr), scaler.transform(xva)
        self.train = TensorDataset(torch.tensor(xtr, dtype=torch.float32), torch.tensor(ytr))
        self.val = TensorDataset(torch.tensor(xva, dtype=torch.float32), torch.tensor(yva))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=64)


class Model(L.LightningModule):
    max_epochs = 40

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(
            nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 3)
        )

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self.net(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.02, momentum=0.9)
