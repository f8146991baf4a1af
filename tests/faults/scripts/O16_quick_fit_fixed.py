import torch
from sklearn.datasets import make_gaussian_quantiles
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
X, y = make_gaussian_quantiles(n_samples=2000, n_features=6, n_classes=3, random_state=0)
X = (X - X[:1500].mean(0)) / X[:1500].std(0)
ds = TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(y))
train_ds, val_ds = random_split(ds, [1500, 500])
train_dl = DataLoader(train_ds, batch_size=50, shuffle=True)
val_dl = DataLoader(val_ds, batch_size=250)

model = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3))
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(20):
    model.train()
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        opt.step()
    model.eval()
    hit = 0
    with torch.no_grad():
        for xb, yb in val_dl:
            hit += (model(xb).argmax(1) == yb).sum().item()
    print("epoch", epoch, "val acc", hit / len(val_ds))
