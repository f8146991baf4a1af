import argparse

import torch
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import RobustScaler
from torch import nn

ap = argparse.ArgumentParser()
ap.add_argument("--lr", type=float, default=3e-3)
ap.add_argument("--wd", type=float, default=0.5)
ap.add_argument("--epochs", type=int, default=25)
args = ap.parse_args()
torch.manual_seed(3)

X, y = make_classification(
    4000,
    18,
    n_informative=8,
    weights=[0.8, 0.15, 0.05],
    n_classes=3,
    n_clusters_per_class=1,
    class_sep=2.0,
    flip_y=0.01,
    random_state=3,
)
a, b, c, d = train_test_split(X, y, test_size=0.25, stratify=y, random_state=3)
sc = RobustScaler().fit(a)
Xt, Xv, yt, yv = (
    torch.tensor(sc.transform(a)).float(),
    torch.tensor(sc.transform(b)).float(),
    torch.tensor(c),
    torch.tensor(d),
)
w = len(yt) / (3 * torch.bincount(yt).float())

net = nn.Sequential(nn.Linear(18, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 3))
opt = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=args.wd)
crit = nn.CrossEntropyLoss(weight=w)
for ep in range(args.epochs):
    net.train()
    losses = []
    for i in torch.randperm(len(Xt)).split(500):
        loss = crit(net(Xt[i]), yt[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        z = net(Xv)
    print(
        f"epoch {ep} train {sum(losses) / len(losses):.4f} val {crit(z, yv).item():.4f} bal_acc {balanced_accuracy_score(d, z.argmax(1).numpy()):.4f}"
    )
