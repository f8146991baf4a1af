# Card fraud: rare positives in a feature table
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

SEED = 17
torch.manual_seed(SEED)

X, y = make_classification(
    n_samples=4000,
    n_features=16,
    n_informative=6,
    n_redundant=2,
    n_clusters_per_class=3,
    weights=[0.975],
    class_sep=1.0,
    flip_y=0.0,
    random_state=SEED,
)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.25, stratify=y, random_state=SEED)
sc = StandardScaler().fit(X_tr)
X_tr, X_te = sc.transform(X_tr).astype(np.float32), sc.transform(X_te).astype(np.float32)
print("fraud share in training:", y_tr.mean())

train_dl = DataLoader(
    TensorDataset(torch.from_numpy(X_tr), torch.from_numpy(y_tr).float()),
    batch_size=64,
    shuffle=True,
)


class FraudNet(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.l1 = nn.Linear(d, 24)
        self.l2 = nn.Linear(24, 1)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        return self.l2(self.dropout(torch.relu(self.l1(x))))[:, 0]


net = FraudNet(16)
pos_weight = torch.tensor((y_tr == 0).sum() / (y_tr == 1).sum(), dtype=torch.float32)
criterion = nn.BCEWithLogitsLoss(pos_weight=pos_weight)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)


def predict(x):
    net.eval()
    with torch.no_grad():
        return (torch.sigmoid(net(torch.from_numpy(x))) > 0.5).numpy()


for epoch in range(10):
    net.train()
    run = 0.0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
        run += loss.item()
    acc = (predict(X_te) == y_te).mean()
    print(f"epoch {epoch} loss {run / len(train_dl):.4f} test accuracy {acc:.4f}")

pred = predict(X_te)
print(confusion_matrix(y_te, pred))
print("balanced accuracy:", balanced_accuracy_score(y_te, pred))
