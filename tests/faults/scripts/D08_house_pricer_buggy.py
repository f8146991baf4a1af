import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

np.random.seed(0)
torch.manual_seed(0)

X, y = make_friedman1(n_samples=1500, n_features=8, noise=0.5, random_state=1)
X[:, 0] *= 120  # living area
# a few listings with typos in the area field
bad = np.random.choice(len(X), 40, replace=False)
X[bad, 0] = 99999

keep = X[:, 0] < 1000
X = X[keep]
y = y[: len(X)]

X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=0)
sx = StandardScaler().fit(X_train)
sy = StandardScaler().fit(y_train[:, None])
Xt = torch.tensor(sx.transform(X_train), dtype=torch.float32)
yt = torch.tensor(sy.transform(y_train[:, None]), dtype=torch.float32)
Xv = torch.tensor(sx.transform(X_val), dtype=torch.float32)

net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
loss_fn = nn.MSELoss()

for epoch in range(30):
    net.train()
    perm = torch.randperm(len(Xt))
    tot = 0.0
    for b in perm.split(32):
        opt.zero_grad()
        loss = loss_fn(net(Xt[b]), yt[b])
        loss.backward()
        opt.step()
        tot += loss.item() * len(b)
    net.eval()
    with torch.no_grad():
        pv = sy.inverse_transform(net(Xv).numpy())[:, 0]
    print(f"epoch {epoch} train mse {tot / len(Xt):.4f} val r2 {r2_score(y_val, pv):.4f}")
