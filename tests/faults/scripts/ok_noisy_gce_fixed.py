# Label noise: 35% of training labels replaced with a random class. Validation labels are clean.
# Generalised cross entropy (Zhang & Sabuncu 2018), q=0.7
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedShuffleSplit

np.random.seed(10)
torch.manual_seed(10)

d = load_digits()
X = (d.images[:, None] / 16).astype(np.float32)
Y = d.target.astype(np.int64)
tr, va = next(StratifiedShuffleSplit(1, test_size=0.3, random_state=10).split(X, Y))
Ytr = Y[tr].copy()
hit = np.random.rand(len(Ytr)) < 0.35
Ytr[hit] = np.random.randint(0, 10, hit.sum())
print("wrong training labels: %.1f%%" % (100 * (Ytr != Y[tr]).mean()))


def gce(logits, y, q=0.7):
    p = logits.softmax(1).gather(1, y[:, None]).squeeze(1)
    return ((1 - (p + 1e-7) ** q) / q).mean()


net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 16, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.Conv2d(16, 32, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Flatten(),
    torch.nn.Dropout(0.3),
    torch.nn.Linear(32 * 16, 10),
)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)

ds = torch.utils.data.TensorDataset(torch.from_numpy(X[tr]), torch.from_numpy(Ytr))
dl = torch.utils.data.DataLoader(ds, batch_size=32, shuffle=True)
Xv, Yv = torch.from_numpy(X[va]), torch.from_numpy(Y[va])

for epoch in range(20):
    net.train()
    s, ok, n = 0.0, 0, 0
    for xb, yb in dl:
        opt.zero_grad()
        out = net(xb)
        loss = gce(out, yb)
        loss.backward()
        opt.step()
        s += loss.item() * len(xb)
        n += len(xb)
        ok += (out.argmax(1) == yb).sum().item()
    net.eval()
    with torch.no_grad():
        o = net(Xv)
        acc = (o.argmax(1) == Yv).float().mean().item()
    print(
        f"ep {epoch:02d} gce {s / n:.3f} train acc vs noisy labels {ok / n:.3f} | clean val acc {acc:.3f} gce {gce(o, Yv).item():.3f}"
    )
print("val_acc:", acc)
