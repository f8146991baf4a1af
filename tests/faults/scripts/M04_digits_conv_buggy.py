import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
np.random.seed(3)

d = load_digits()
X = (d.images / 16.0).astype("float32")[:, None]
X_tr, X_va, y_tr, y_va = train_test_split(
    X, d.target, test_size=0.25, random_state=3, stratify=d.target
)
train_dl = DataLoader(
    TensorDataset(torch.tensor(X_tr), torch.tensor(y_tr)), batch_size=32, shuffle=True
)
val_dl = DataLoader(TensorDataset(torch.tensor(X_va), torch.tensor(y_va)), batch_size=128)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(32 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.c1(x)))
        x = self.pool(torch.relu(self.c2(x)))
        x = torch.relu(self.fc1(x.flatten(1)))
        return torch.softmax(self.fc2(x), dim=1)


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
crit = nn.CrossEntropyLoss()

for epoch in range(8):
    net.train()
    tot = 0.0
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = crit(net(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item() * len(xb)
    net.eval()
    hits = 0
    with torch.no_grad():
        for xb, yb in val_dl:
            hits += (net(xb).argmax(1) == yb).sum().item()
    print(f"epoch {epoch} train loss {tot / len(X_tr):.4f} val acc {hits / len(X_va):.4f}")
