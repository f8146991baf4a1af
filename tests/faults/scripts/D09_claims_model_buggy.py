import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils import resample

SEED = 10
np.random.seed(SEED)
torch.manual_seed(SEED)


def oversample(X, y):
    pos, neg = X[y == 1], X[y == 0]
    pos = resample(pos, n_samples=len(neg), random_state=SEED)
    X = np.vstack([neg, pos])
    y = np.r_[np.zeros(len(neg)), np.ones(len(pos))]
    p = np.random.permutation(len(y))
    return X[p], y[p]


X, y = make_classification(
    1500,
    15,
    n_informative=5,
    weights=[0.9],
    class_sep=1.6,
    flip_y=0.02,
    n_clusters_per_class=3,
    random_state=SEED,
)
X, y = oversample(X, y)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=SEED)
sc = StandardScaler().fit(X_train)
Xt, Xv = (torch.tensor(sc.transform(a), dtype=torch.float32) for a in (X_train, X_val))
yt = torch.tensor(y_train, dtype=torch.float32)

clf = nn.Sequential(
    nn.Linear(15, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)
)
opt = torch.optim.Adam(clf.parameters(), lr=2e-3, weight_decay=1e-4)
bce = nn.BCEWithLogitsLoss()
for epoch in range(15):
    clf.train()
    acc_loss = 0
    for b in torch.randperm(len(Xt)).split(64):
        loss = bce(clf(Xt[b])[:, 0], yt[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        acc_loss += loss.item() * len(b)
    clf.eval()
    with torch.no_grad():
        pred = (clf(Xv)[:, 0] > 0).int().numpy()
    print(f"epoch {epoch} loss {acc_loss / len(Xt):.4f} val_f1 {f1_score(y_val, pred):.4f}")
