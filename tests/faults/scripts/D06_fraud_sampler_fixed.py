from collections import Counter

import torch
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

CFG = dict(seed=5, batch=64, epochs=15, lr=1e-3, hidden=64)
torch.manual_seed(CFG["seed"])

X, y = make_classification(
    4000,
    16,
    n_informative=8,
    n_redundant=2,
    weights=[0.95],
    class_sep=0.9,
    flip_y=0.0,
    random_state=CFG["seed"],
)
Xtr, Xva, ytr, yva = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
sc = StandardScaler().fit(Xtr)
Xtr, Xva = (torch.tensor(sc.transform(a), dtype=torch.float32) for a in (Xtr, Xva))

counts = Counter(ytr.tolist())
w = torch.tensor([1.0 / counts[int(c)] for c in ytr], dtype=torch.double)
sampler = WeightedRandomSampler(w, num_samples=len(w), replacement=True)
loader = DataLoader(
    TensorDataset(Xtr, torch.tensor(ytr, dtype=torch.float32)),
    batch_size=CFG["batch"],
    sampler=sampler,
)

model = nn.Sequential(
    nn.Linear(16, CFG["hidden"]), nn.ReLU(), nn.Dropout(0.1), nn.Linear(CFG["hidden"], 1)
)
opt = torch.optim.AdamW(model.parameters(), lr=CFG["lr"])
crit = nn.BCEWithLogitsLoss()

for ep in range(CFG["epochs"]):
    model.train()
    losses = []
    for xb, yb in loader:
        opt.zero_grad(set_to_none=True)
        loss = crit(model(xb).squeeze(-1), yb)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        pred = (model(Xva).squeeze(-1) > 0).long().numpy()
    print(
        f"epoch {ep + 1:2d} loss {sum(losses) / len(losses):.4f} val balanced acc {balanced_accuracy_score(yva, pred):.4f}"
    )
