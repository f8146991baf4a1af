from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


@dataclass(frozen=True)
class Cfg:
    n: int = 20000
    pos: float = 0.015
    bs: int = 256
    epochs: int = 12
    lr: float = 2e-3
    seed: int = 77


cfg = Cfg()
torch.manual_seed(cfg.seed)
X, y = make_classification(
    cfg.n,
    20,
    n_informative=8,
    n_redundant=4,
    n_clusters_per_class=3,
    class_sep=1.6,
    weights=[1 - cfg.pos],
    flip_y=0,
    random_state=cfg.seed,
)
a, b, ya, yb = train_test_split(X, y, test_size=0.4, stratify=y, random_state=cfg.seed)
sc = StandardScaler().fit(a)
a, b = sc.transform(a).astype("f4"), sc.transform(b).astype("f4")

prior = ya.mean()
w = np.where(ya == 1, 0.5 / prior, 0.5 / (1 - prior))
# one "epoch" = a quarter of the nominal size
sampler = WeightedRandomSampler(torch.as_tensor(w), num_samples=len(ya) // 4, replacement=True)
loader = DataLoader(
    TensorDataset(torch.tensor(a), torch.tensor(ya, dtype=torch.float32)),
    cfg.bs,
    sampler=sampler,
    drop_last=True,
)

net = torch.nn.Sequential(
    torch.nn.Linear(20, 64),
    torch.nn.ReLU(),
    torch.nn.Dropout(0.2),
    torch.nn.Linear(64, 32),
    torch.nn.ReLU(),
    torch.nn.Linear(32, 1),
)
opt = torch.optim.AdamW(net.parameters(), cfg.lr, weight_decay=1e-2)
bce = torch.nn.BCEWithLogitsLoss()

# sampler trains at 50/50; shift logits back to the natural prior at prediction time
shift = float(np.log(prior / (1 - prior)))
bt = torch.tensor(b)
base_ll = log_loss(yb, np.full(len(yb), prior))
for ep in range(cfg.epochs):
    net.train()
    tot = 0
    seen_pos = 0.0
    for xb, tb in loader:
        loss = bce(net(xb).squeeze(-1), tb)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        tot += loss.item()
        seen_pos += tb.mean().item()
    net.eval()
    with torch.inference_mode():
        p = torch.sigmoid(net(bt).squeeze(-1) + shift).double().numpy()
    ap = average_precision_score(yb, p)
    print(
        f"{ep:2d} train {tot / len(loader):.4f} (pos share {seen_pos / len(loader):.2f})  val AP {ap:.4f}  log-loss {log_loss(yb, p):.4f} vs prior-only {base_ll:.4f}"
    )
print("val average precision", round(ap, 4), "| prevalence", round(yb.mean(), 4))
