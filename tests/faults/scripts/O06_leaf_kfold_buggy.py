"""Leaf species from shape descriptors, 4-fold cross-validation."""

import numpy as np
import torch
from sklearn.datasets import make_blobs
from sklearn.model_selection import StratifiedKFold
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS, FOLDS = 8, 4


def make_net():
    return nn.Sequential(
        nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 6)
    )


def main():
    torch.manual_seed(40)
    X, y = make_blobs(
        n_samples=1800,
        n_features=10,
        centers=6,
        cluster_std=3.5,
        center_box=(-5, 5),
        random_state=40,
    )
    criterion = nn.CrossEntropyLoss()
    scores = []
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)

    model = make_net()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for fold, (tr, va) in enumerate(folds.split(X, y)):
        model = make_net()
        mean, std = X[tr].mean(0), X[tr].std(0)
        Z = torch.tensor((X - mean) / std, dtype=torch.float32)
        T = torch.tensor(y)
        loader = DataLoader(TensorDataset(Z[tr], T[tr]), batch_size=64, shuffle=True)
        for epoch in range(EPOCHS):
            model.train()
            total = 0.0
            for xb, yb in loader:
                optimizer.zero_grad()
                loss = criterion(model(xb), yb)
                loss.backward()
                optimizer.step()
                total += loss.item() * len(yb)
            model.eval()
            with torch.no_grad():
                out = model(Z[va])
                acc = (out.argmax(1) == T[va]).float().mean().item()
                vloss = criterion(out, T[va]).item()
            print(
                f"fold {fold} epoch {epoch} train_loss {total / len(tr):.4f} val_loss {vloss:.4f} val_acc {acc:.4f}"
            )
        scores.append(acc)
    print(f"mean over folds: val_acc {np.mean(scores):.4f} +- {np.std(scores):.4f}")


if __name__ == "__main__":
    main()
