import numpy as np
import torch
import torch.nn as nn

SEED = 7
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)


def load():
    n = 2500
    temp = rng.normal(20, 6, n)
    hum = rng.uniform(20, 90, n)
    vib = rng.gamma(2.0, 1.5, n)
    press = rng.normal(1010, 12, n)
    z = 0.25 * (temp - 20) + 0.9 * (vib - 3) - 0.04 * (hum - 55) + 0.03 * (press - 1010) * (vib > 3)
    label = np.digitize(z + rng.normal(0, 0.3, n), [-1.2, 1.2])
    return np.stack([temp, hum, vib, press], 1).astype(np.float32), label.astype(np.int64)


def batches(X, y, bs, shuffle):
    idx = rng.permutation(len(X)) if shuffle else np.arange(len(X))
    for s in range(0, len(X), bs):
        j = idx[s : s + bs]
        yield torch.from_numpy(X[j]), torch.from_numpy(y[j])


X, y = load()
order = rng.permutation(len(X))
X = X[order]
y = y[order]
n_train = 2000
mean, std = X[:n_train].mean(0), X[:n_train].std(0)
X = (X - mean) / std
Xtr, ytr, Xva, yva = X[:n_train], y[:n_train], X[n_train:], y[n_train:]

model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 3))
optim = torch.optim.Adam(model.parameters(), 3e-3)
for ep in range(20):
    model.train()
    for xb, yb in batches(Xtr, ytr, 50, True):
        optim.zero_grad()
        nn.functional.cross_entropy(model(xb), yb).backward()
        optim.step()
    model.eval()
    with torch.no_grad():
        acc = np.mean(
            [
                (model(a).argmax(1) == b).float().mean().item()
                for a, b in batches(Xva, yva, 100, False)
            ]
        )
    print("epoch %d accuracy %.3f" % (ep + 1, acc))
