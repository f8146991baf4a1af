# Rare disease screening, 6 % positives, WeightedRandomSampler; report AUC and balanced accuracy
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

rng = np.random.default_rng(77)
torch.manual_seed(77)
N = 4000
age, bmi, marker = rng.uniform(20, 85, N), rng.normal(26, 4, N), rng.lognormal(0, 0.6, N)
smoker, family = rng.random(N) < 0.25, rng.random(N) < 0.1
risk = (
    0.04 * (age - 50)
    + 0.1 * np.abs(bmi - 25)
    + 1.6 * np.log(marker)
    + 1.2 * smoker * (age > 45)
    + 1.5 * family
)
y = (risk + rng.logistic(0, 0.45, N) > np.quantile(risk, 0.94)).astype(np.int64)
X = np.stack(
    [(age - 50) / 20, (bmi - 26) / 4, np.log(marker) / 0.6, smoker - 0.25, family - 0.1], 1
).astype(np.float32)

X_train, X_valid, X_test = (torch.tensor(a) for a in np.split(X, [2400, 3200]))
y_train, y_valid, y_test = (torch.tensor(a) for a in np.split(y, [2400, 3200]))
counts = torch.bincount(y_train)
sampler = WeightedRandomSampler((1.0 / counts)[y_train], num_samples=len(y_train), replacement=True)
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=100, sampler=sampler)

model = nn.Sequential(
    nn.Linear(5, 32),
    nn.LayerNorm(32),
    nn.ReLU(),
    nn.Dropout(0.15),
    nn.Linear(32, 16),
    nn.ReLU(),
    nn.Linear(16, 2),
)
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
loss_fn = nn.CrossEntropyLoss()


def scores(X, y):
    model.eval()
    with torch.no_grad():
        p = model(X).softmax(1)[:, 1].numpy()
    return roc_auc_score(y.numpy(), p), balanced_accuracy_score(y.numpy(), p > 0.5)


print("positives in training:", counts.tolist())
for epoch in range(15):
    model.train()
    tot = 0.0
    for xb, yb in loader:
        opt.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item()
    if epoch % 3 == 2:
        print(
            "epoch %d loss %.4f valid auc %.3f bal.acc %.3f"
            % ((epoch, tot / len(loader)) + scores(X_valid, y_valid))
        )
print("test auc %.4f, balanced accuracy %.4f" % scores(X_test, y_test))
