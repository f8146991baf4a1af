import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

torch.manual_seed(42)
np.random.seed(42)

X, y = make_classification(
    3600,
    14,
    n_informative=10,
    n_classes=3,
    weights=[0.75, 0.15, 0.10],
    class_sep=1.7,
    n_clusters_per_class=1,
    flip_y=0,
    random_state=42,
)
Xt, Xv, yt, yv = train_test_split(X.astype("float32"), y, test_size=900, stratify=y, random_state=1)
mu, sd = Xt.mean(0), Xt.std(0)
Xt, Xv = (Xt - mu) / sd, (Xv - mu) / sd

freq = np.bincount(yt)
sampler = WeightedRandomSampler(torch.tensor(1.0 / freq[yt]), num_samples=len(yt), replacement=True)
train_dl = DataLoader(
    TensorDataset(torch.from_numpy(Xt), torch.from_numpy(yt)), batch_size=60, sampler=sampler
)
val_dl = DataLoader(TensorDataset(torch.from_numpy(Xv), torch.from_numpy(yv)), batch_size=300)

model = nn.Sequential(nn.Linear(14, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3))
opt = torch.optim.Adam(model.parameters(), lr=1e-3)


def evaluate():
    model.eval()
    preds, ys = [], []
    with torch.no_grad():
        for a, b in val_dl:
            preds.append(model(a).argmax(1))
            ys.append(b)
    return balanced_accuracy_score(torch.cat(ys), torch.cat(preds))


for epoch in range(15):
    model.train()
    s = 0.0
    for a, b in train_dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(a), b)
        loss.backward()
        opt.step()
        s += loss.item()
    print("epoch", epoch, "train loss %.4f" % (s / len(train_dl)), "balanced acc %.4f" % evaluate())
