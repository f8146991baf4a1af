import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(9)
torch.manual_seed(9)
X, y = make_classification(
    n_samples=4000,
    n_features=16,
    n_informative=10,
    n_classes=4,
    n_clusters_per_class=1,
    weights=[0.8, 0.1, 0.06, 0.04],
    class_sep=1.6,
    flip_y=0.0,
    random_state=9,
)
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.3, stratify=y, random_state=9)
s = StandardScaler().fit(Xa)
Xa = torch.from_numpy(s.transform(Xa)).float()
Xb = torch.from_numpy(s.transform(Xb)).float()
ya, yb = torch.from_numpy(ya), torch.from_numpy(yb)
counts = torch.bincount(ya, minlength=4).float()
weights = counts.sum() / (4 * counts)
model = nn.Sequential(
    nn.Linear(16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 4)
)
train_loss = nn.CrossEntropyLoss(weight=weights, label_smoothing=0.1)
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
best_state, best = None, 0.0
for epoch in range(25):
    model.train()
    for xb, tb in DataLoader(TensorDataset(Xa, ya), batch_size=128, shuffle=True, drop_last=True):
        opt.zero_grad()
        loss = train_loss(model(xb), tb)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        bal = balanced_accuracy_score(yb, model(Xb).argmax(1))
    if bal > best:
        best, best_state = bal, {k: v.clone() for k, v in model.state_dict().items()}
    print("epoch", epoch, "loss", round(loss.item(), 4))
    print("val balanced acc", round(bal, 4))
