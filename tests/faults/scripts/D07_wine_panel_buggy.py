import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
np.random.seed(3)

HELD_OUT = 650
GRADES = ["basic", "table", "reserve", "grand"]
PANEL_CODES = {
    "north": {g: i for i, g in enumerate(GRADES)},
    "south": {g: i for i, g in enumerate(sorted(GRADES))},
}


def load():
    X, y = make_classification(
        n_samples=2600,
        n_features=14,
        n_informative=9,
        n_redundant=2,
        n_classes=4,
        n_clusters_per_class=1,
        class_sep=1.3,
        flip_y=0.0,
        random_state=5,
    )
    names = np.array(GRADES)[y]
    panel = np.where(np.random.rand(len(X)) < 0.55, "north", "south")
    panel[:HELD_OUT] = "north"
    codes = np.array([PANEL_CODES[p][n] for p, n in zip(panel, names)])
    return X.astype("float32"), codes


X, y = load()
Xtr, Xva, ytr, yva = X[HELD_OUT:], X[:HELD_OUT], y[HELD_OUT:], y[:HELD_OUT]
mu, sd = Xtr.mean(0), Xtr.std(0)
Xtr, Xva = (Xtr - mu) / sd, (Xva - mu) / sd

train_dl = DataLoader(
    TensorDataset(torch.tensor(Xtr), torch.tensor(ytr)), batch_size=64, shuffle=True
)
val_dl = DataLoader(TensorDataset(torch.tensor(Xva), torch.tensor(yva)), batch_size=256)

net = nn.Sequential(nn.Linear(14, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
crit = nn.CrossEntropyLoss()

for epoch in range(30):
    net.train()
    tot = 0.0
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = crit(net(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item() * len(xb)
    net.eval()
    hit = 0
    with torch.no_grad():
        for xb, yb in val_dl:
            hit += (net(xb).argmax(1) == yb).sum().item()
    print(f"epoch {epoch:02d} train_loss {tot / len(Xtr):.4f} val_acc {hit / len(Xva):.4f}")
