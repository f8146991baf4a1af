import lightning as L
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self):
        super().__init__()
        X, y = load_breast_cancer(return_X_y=True)
        Xt, Xv, yt, yv = train_test_split(X, y, test_size=0.25, stratify=y, random_state=7)
        scaler = StandardScaler()
        Xt, Xv = scaler.fit_transform(Xt), scaler.transform(Xv)
        t = lambda a: torch.tensor(a, dtype=torch.float32)
        self.train_set = TensorDataset(t(Xt), t(yt))
        self.val_set = TensorDataset(t(Xv), t(yv))

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=143)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(30, 24),
            nn.GELU(),
            nn.Dropout(0.3),
            nn.Linear(24, 1),
        )
        self.loss_fn = nn.BCEWithLogitsLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss_fn(self(x), y.unsqueeze(1))
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", self.loss_fn(logits, y.unsqueeze(1)))
        preds = (torch.sigmoid(logits) > 0.5).float()
        self.log("val_acc", (preds == y.unsqueeze(1)).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3, weight_decay=1e-2)


if __name__ == "__main__":
    L.seed_everything(5)
    L.Trainer(
        max_epochs=Model.max_epochs, accelerator="cpu", logger=False, enable_checkpointing=False
    ).fit(Model(), Data())
