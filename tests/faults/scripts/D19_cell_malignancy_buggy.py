import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset


class Trainer:
    def __init__(self, model, train_loader, val_loader, lr=1e-3, epochs=15):
        self.model = model
        self.train_loader = train_loader
        self.val_loader = val_loader
        self.epochs = epochs
        self.optim = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=1e-3)
        self.loss = nn.BCEWithLogitsLoss()
        self.history = []

    def train_epoch(self):
        self.model.train()
        total, n = 0.0, 0
        for x, y in self.train_loader:
            self.optim.zero_grad()
            loss = self.loss(self.model(x).squeeze(-1), y)
            loss.backward()
            self.optim.step()
            total += loss.item() * len(y)
            n += len(y)
        return total / n

    @torch.no_grad()
    def validate(self):
        self.model.eval()
        right, n = 0, 0
        for x, y in self.val_loader:
            p = torch.sigmoid(self.model(x).squeeze(-1))
            right += ((p > 0.5).float() == y).sum().item()
            n += len(y)
        return right / n

    def fit(self):
        for e in range(self.epochs):
            tl = self.train_epoch()
            va = self.validate()
            self.history.append((tl, va))
            print(f"epoch {e + 1}/{self.epochs} loss {tl:.4f} val_acc {va:.4f}")
        return self.history


if __name__ == "__main__":
    torch.manual_seed(1)
    X, y = load_breast_cancer(return_X_y=True)
    X_tr, X_va, y_tr, y_va = train_test_split(X, y, train_size=385, random_state=1, stratify=y)
    sc = StandardScaler().fit(X_tr)
    make = lambda a, b: TensorDataset(
        torch.tensor(sc.transform(a), dtype=torch.float32), torch.tensor(b, dtype=torch.float32)
    )
    train_loader = DataLoader(make(X_tr, y_tr), batch_size=32, shuffle=True)
    val_loader = DataLoader(make(X_va, y_va), batch_size=64)
    model = nn.Sequential(
        nn.Linear(30, 32, bias=False),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.Linear(32, 16, bias=False),
        nn.BatchNorm1d(16),
        nn.ReLU(),
        nn.Linear(16, 1),
    )
    hist = Trainer(model, train_loader, val_loader).fit()
    print(f"final val_acc: {hist[-1][1]:.4f}")
