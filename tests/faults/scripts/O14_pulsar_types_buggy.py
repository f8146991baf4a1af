import copy

import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(10)

X, y = make_classification(
    n_samples=2400,
    n_features=16,
    n_informative=10,
    n_redundant=0,
    n_classes=4,
    n_clusters_per_class=2,
    class_sep=1.6,
    flip_y=0.0,
    random_state=10,
)
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y)
X = (X - X[:1800].mean(0)) / X[:1800].std(0)
dl = DataLoader(TensorDataset(X[:1800], y[:1800]), batch_size=64, shuffle=True)
Xv, yv = X[1800:], y[1800:]


class EarlyStopper:
    def __init__(self, patience):
        self.patience = patience
        self.best = None
        self.bad = 0

    def update(self, value):
        if self.best is None or value < self.best:
            self.best = value
            self.bad = 0
            return False
        self.bad += 1
        return self.bad >= self.patience


net = nn.Sequential(nn.Linear(16, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 4))
opt = torch.optim.Adam(net.parameters(), lr=2e-4)
stopper = EarlyStopper(patience=6)
best_acc, best_state = 0.0, None
for epoch in range(80):
    net.train()
    s = 0.0
    for a, b in dl:
        opt.zero_grad()
        l = nn.functional.cross_entropy(net(a), b)
        l.backward()
        opt.step()
        s += l.item()
    net.eval()
    with torch.no_grad():
        acc = (net(Xv).argmax(1) == yv).float().mean().item()
    print("epoch", epoch, "loss %.4f" % (s / len(dl)), "val_acc %.4f" % acc)
    if acc > best_acc:
        best_acc, best_state = acc, copy.deepcopy(net.state_dict())
    if stopper.update(acc):
        print("stopping after epoch", epoch)
        break

net.load_state_dict(best_state)
print(f"best val accuracy: {best_acc:.4f}")
