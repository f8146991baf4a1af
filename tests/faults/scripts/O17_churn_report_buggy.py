import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(0)
torch.manual_seed(0)

X, y = load_breast_cancer(return_X_y=True)
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
sc = StandardScaler().fit(Xa)
ta = TensorDataset(torch.tensor(sc.transform(Xa)).float(), torch.tensor(ya).float())
tb = TensorDataset(torch.tensor(sc.transform(Xb)).float(), torch.tensor(yb).float())
loader_a = DataLoader(ta, batch_size=32, shuffle=True)
loader_b = DataLoader(tb, batch_size=64)

model = nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def run_epoch(loader, train):
    model.train(train)
    total, correct, count = 0.0, 0, 0
    for xb, yb_ in loader:
        with torch.set_grad_enabled(train):
            out = model(xb)
            loss = criterion(out, yb_.unsqueeze(1))
        if train:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        pred = out.argmax(dim=1)
        correct += (pred == yb_).sum().item()
        total += loss.item() * len(xb)
        count += len(xb)
    return total / count, correct / count


for ep in range(25):
    a = run_epoch(loader_a, True)
    b = run_epoch(loader_b, False)
    print("epoch %2d train loss %.4f acc %.4f val loss %.4f acc %.4f" % (ep, *a, *b))
