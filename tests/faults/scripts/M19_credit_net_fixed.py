import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

SEED = 77
KEEP = 0.9
np.random.seed(SEED)
torch.manual_seed(SEED)

X, y = make_classification(
    n_samples=3000,
    n_features=20,
    n_informative=12,
    n_redundant=4,
    n_classes=2,
    n_clusters_per_class=6,
    class_sep=1.0,
    flip_y=0.01,
    random_state=SEED,
)
Xtr, Xte, ytr, yte = train_test_split(X, y, test_size=0.25, random_state=SEED, stratify=y)
sc = StandardScaler().fit(Xtr)
Xtr = torch.tensor(sc.transform(Xtr), dtype=torch.float32)
Xte = torch.tensor(sc.transform(Xte), dtype=torch.float32)
ytr = torch.tensor(ytr, dtype=torch.float32)
yte = torch.tensor(yte, dtype=torch.float32)


class CreditNet(nn.Module):
    def __init__(self, keep):
        super().__init__()
        self.fc1 = nn.Linear(20, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)
        self.drop = nn.Dropout(1 - keep)

    def forward(self, x):
        x = self.drop(torch.relu(self.fc1(x)))
        x = self.drop(torch.relu(self.fc2(x)))
        return self.fc3(x).squeeze(1)


model = CreditNet(KEEP)
opt = torch.optim.Adam(model.parameters(), lr=1.5e-3)
bce = nn.BCEWithLogitsLoss()
best = 0
for epoch in range(30):
    model.train()
    perm = torch.randperm(len(Xtr))
    for i in range(0, len(perm), 32):
        j = perm[i : i + 32]
        opt.zero_grad()
        loss = bce(model(Xtr[j]), ytr[j])
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = ((model(Xte) > 0).float() == yte).float().mean().item()
    best = max(best, acc)
    print("epoch", epoch, "train loss", round(loss.item(), 4))
print("val acc", round(acc, 4))
