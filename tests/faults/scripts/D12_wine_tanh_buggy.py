import numpy as np
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import StratifiedShuffleSplit
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(7)


class WineRows(Dataset):
    def __init__(self, x, y):
        self.x = torch.as_tensor(x, dtype=torch.float32)
        self.y = torch.as_tensor(y, dtype=torch.long)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


wine = load_wine()
tr, va = next(
    StratifiedShuffleSplit(1, test_size=0.3, random_state=7).split(wine.data, wine.target)
)
mean = wine.data[tr].mean(axis=0)
std = wine.data[tr].std(axis=0)
train_x = (wine.data[tr] - mean) / std
val_x = wine.data[va] - mean

dl_train = DataLoader(WineRows(train_x, wine.target[tr]), batch_size=16, shuffle=True)
dl_val = DataLoader(WineRows(val_x, wine.target[va]), batch_size=64)

clf = nn.Sequential(nn.Linear(13, 32), nn.Tanh(), nn.Linear(32, 3))
sgd = torch.optim.SGD(clf.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
for epoch in range(40):
    clf.train()
    tl = []
    for xb, yb in dl_train:
        loss = nn.functional.cross_entropy(clf(xb), yb)
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        tl.append(loss.item())
    clf.eval()
    ok = vl = 0.0
    with torch.no_grad():
        for xb, yb in dl_val:
            o = clf(xb)
            vl += nn.functional.cross_entropy(o, yb, reduction="sum").item()
            ok += (o.argmax(1) == yb).sum().item()
    print(
        f"epoch {epoch} train_loss {np.mean(tl):.4f} val_loss {vl / len(va):.4f} val_acc {ok / len(va):.4f}"
    )
