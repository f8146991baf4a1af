# Regression of hull resistance
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(80)
rng = np.random.default_rng(80)

n = 1500
froude, beam = rng.uniform(0.1, 0.5, n), rng.uniform(2.5, 4.0, n)
prism, length = rng.uniform(0.5, 0.6, n), rng.uniform(4.3, 5.2, n)
resist = (
    60 * (froude / 0.5) ** 4 * (1 + 0.5 * (prism - 0.55) / 0.05)
    + 3 * (beam - 3)
    - 2 * (length - 4.7)
    + rng.normal(0, 1, n)
)

X = np.stack([froude, beam, prism, length], axis=1)
X = (X - X[:1200].mean(0)) / X[:1200].std(0)
m, s = resist[:1200].mean(), resist[:1200].std()
Y = ((resist - m) / s)[:, None]
X, Y = torch.tensor(X, dtype=torch.float32), torch.tensor(Y, dtype=torch.float32)

trainloader = DataLoader(TensorDataset(X[:1200], Y[:1200]), batch_size=16, shuffle=True)
valX, valY = X[1200:], Y[1200:]


class HullNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(4, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1)
        )

    def forward(self, x):
        return self.main(x)


net = HullNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.999)
mse = nn.MSELoss()
for epoch in range(20):
    running_loss = 0.0
    for inputs, targets in trainloader:
        optimizer.zero_grad()
        loss = mse(net(inputs), targets)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    with torch.no_grad():
        val = mse(net(valX), valY).item()
    print("[%d] train: %.4f  val: %.4f" % (epoch + 1, running_loss / len(trainloader), val))
print("validation mse (mean predictor about 1):", val)
