import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

SEED = 4
np.random.seed(SEED)
torch.manual_seed(SEED)

cfg = {"epochs": 25, "batch": 16, "lr": 3e-3, "hidden": 16}

X, y = make_classification(140, 12, n_informative=5, flip_y=0.05, class_sep=1.3, random_state=1)
X_tr, X_va, y_tr, y_va = train_test_split(X, y, test_size=0.25, stratify=y, random_state=SEED)
sc = StandardScaler().fit(X_tr)
X_tr, X_va = torch.tensor(sc.transform(X_tr)).float(), torch.tensor(sc.transform(X_va)).float()
y_tr, y_va = torch.tensor(y_tr), torch.tensor(y_va)

net = nn.Sequential(
    nn.Linear(12, cfg["hidden"]), nn.ReLU(), nn.Dropout(0.3), nn.Linear(cfg["hidden"], 2)
)
opt = torch.optim.Adam(net.parameters(), lr=cfg["lr"], weight_decay=1e-3)
for ep in range(cfg["epochs"]):
    net.train()
    for b in torch.randperm(len(X_tr)).split(cfg["batch"]):
        loss = nn.functional.cross_entropy(net(X_tr[b]), y_tr[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        out = net(X_va)
        print(
            f"epoch {ep} train {loss.item():.3f} val {nn.functional.cross_entropy(out, y_va).item():.3f} acc {(out.argmax(1) == y_va).float().mean().item():.4f}"
        )
