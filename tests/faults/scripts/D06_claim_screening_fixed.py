"""Screen insurance claims: ok / needs review / likely fraud."""

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


def load():
    X, y = make_classification(
        n_samples=6000,
        n_features=16,
        n_informative=8,
        n_redundant=2,
        n_classes=3,
        n_clusters_per_class=1,
        weights=[0.96, 0.025, 0.015],
        class_sep=0.9,
        flip_y=0.0,
        random_state=5,
    )
    X_tr, X_va, y_tr, y_va = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    sc = StandardScaler().fit(X_tr)
    to_t = lambda a: torch.tensor(sc.transform(a), dtype=torch.float32)
    return to_t(X_tr), torch.tensor(y_tr), to_t(X_va), torch.tensor(y_va)


def evaluate(model, X, y):
    model.eval()
    with torch.no_grad():
        pred = model(X).argmax(1)
    return balanced_accuracy_score(y, pred), recall_score(y, pred, average=None)


def main():
    torch.manual_seed(0)
    X_tr, y_tr, X_va, y_va = load()
    train_ds = TensorDataset(X_tr, y_tr)
    freq = torch.bincount(y_tr).float()
    sampler = WeightedRandomSampler(
        (1.0 / freq)[y_tr], num_samples=len(y_tr), generator=torch.Generator().manual_seed(1)
    )
    loader = DataLoader(train_ds, batch_size=64, sampler=sampler)

    model = nn.Sequential(
        nn.Linear(16, 32),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(32, 16),
        nn.ReLU(),
        nn.Linear(16, 3),
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    criterion = nn.CrossEntropyLoss()

    for epoch in range(1, 11):
        model.train()
        running, seen = 0.0, 0
        for xb, yb in loader:
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running += loss.item() * len(yb)
            seen += len(yb)
        bal, rec = evaluate(model, X_va, y_va)
        print(
            f"[{epoch}] loss={running / seen:.4f} balanced_acc={bal:.4f} recalls={np.round(rec, 3)}"
        )
    print(f"final val_balanced_acc: {bal:.4f}")


if __name__ == "__main__":
    main()
