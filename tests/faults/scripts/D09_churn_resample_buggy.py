import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(37)
torch.manual_seed(37)


def oversample(X, y):
    rng = np.random.default_rng(37)
    minority = np.flatnonzero(y == 1)
    extra = rng.choice(minority, (y == 0).sum() - len(minority))
    return np.concatenate([X, X[extra]]), np.concatenate([y, y[extra]])


X, y = make_classification(
    1200,
    20,
    n_informative=8,
    n_redundant=4,
    weights=[0.8],
    flip_y=0.1,
    class_sep=0.8,
    random_state=37,
)
X, y = oversample(X, y)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=37, stratify=y)

m, s = X_train.mean(0), X_train.std(0)
ft = lambda a: torch.tensor((a - m) / s, dtype=torch.float32)
loader = DataLoader(TensorDataset(ft(X_train), torch.tensor(y_train)), batch_size=32, shuffle=True)
xv, yv = ft(X_val), torch.tensor(y_val)

clf = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
opt = torch.optim.Adam(clf.parameters(), lr=2e-3)
for epoch in range(25):
    clf.train()
    for xb, yb in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(clf(xb), yb)
        loss.backward()
        opt.step()
    clf.eval()
    with torch.no_grad():
        pred = clf(xv).argmax(1)
    rec = [(pred[yv == k] == k).float().mean().item() for k in (0, 1)]
    print(f"epoch {epoch} loss {loss.item():.3f} balanced val acc {sum(rec) / 2:.3f}")
