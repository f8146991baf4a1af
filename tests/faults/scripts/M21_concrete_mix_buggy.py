import numpy as np
import torch
from sklearn.datasets import make_friedman2
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 31
torch.manual_seed(SEED)

X, y = make_friedman2(n_samples=2000, noise=30.0, random_state=SEED)
X = np.hstack([X, np.random.RandomState(SEED).rand(2000, 4)])
tr_idx = np.arange(1500)
X = (X - X[tr_idx].mean(0)) / X[tr_idx].std(0)
y = (y - y[tr_idx].mean()) / y[tr_idx].std()
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32)
train_loader = DataLoader(TensorDataset(X[:1500], y[:1500]), batch_size=50, shuffle=True)


class MixNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 1)

    def forward(self, x):
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        return self.fc3(x).squeeze(1)

    def penalty(self):
        return sum(p.pow(2).sum() for n, p in self.named_parameters() if "weight" in n)


LAMBDA = 0.4
net = MixNet()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
mse = nn.MSELoss()

for epoch in range(35):
    net.train()
    running = 0.0
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = mse(net(xb), yb) + LAMBDA * net.penalty()
        loss.backward()
        optimizer.step()
        running += loss.item()
    net.eval()
    with torch.no_grad():
        v = mse(net(X[1500:]), y[1500:]).item()
    print(
        f"Epoch {epoch + 1}: train {running / len(train_loader):.4f}, val {v:.4f}, r2 {1 - v / y[1500:].var().item():.4f}"
    )
