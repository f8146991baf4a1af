"""Grade wines into five quality classes from chemical measurements."""

import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

CONFIG = dict(hidden=96, dropout=0.9, lr=1e-3, epochs=15, batch_size=32, seed=0)


def get_data():
    X, y = make_classification(
        n_samples=3000,
        n_features=11,
        n_informative=9,
        n_redundant=1,
        n_classes=5,
        n_clusters_per_class=2,
        class_sep=1.6,
        flip_y=0.01,
        random_state=31,
    )
    Xt, Xv, yt, yv = train_test_split(X, y, test_size=600, random_state=31, stratify=y)
    sc = StandardScaler()
    Xt = sc.fit_transform(Xt)
    Xv = sc.transform(Xv)
    t = lambda a: torch.from_numpy(a).float()
    return TensorDataset(t(Xt), torch.from_numpy(yt)), TensorDataset(t(Xv), torch.from_numpy(yv))


class Grader(nn.Module):
    def __init__(self, n_in, n_out, hidden, dropout):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_in, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, n_out),
        )

    def forward(self, x):
        return self.layers(x)


def train(cfg):
    torch.manual_seed(cfg["seed"])
    tr, va = get_data()
    loader = DataLoader(tr, batch_size=cfg["batch_size"], shuffle=True)
    vloader = DataLoader(va, batch_size=300)
    net = Grader(11, 5, cfg["hidden"], cfg["dropout"])
    opt = torch.optim.Adam(net.parameters(), lr=cfg["lr"])
    lossf = nn.CrossEntropyLoss()
    for ep in range(cfg["epochs"]):
        net.train()
        tot = 0.0
        for x, y in loader:
            loss = lossf(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            tot += loss.item() * len(y)
        net.eval()
        c = 0
        with torch.no_grad():
            for x, y in vloader:
                c += (net(x).argmax(1) == y).sum().item()
        print(f"{ep:3d} train_loss={tot / len(tr):.4f} val_acc={c / len(va):.4f}")
    return c / len(va)


if __name__ == "__main__":
    print(f"final val_acc: {train(CONFIG):.4f}")
