# Compressive strength of concrete mixes
import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

gen = torch.Generator().manual_seed(99)
torch.manual_seed(99)


def mixes(n=1200):
    rng = np.random.default_rng(99)
    cement, water = rng.uniform(150, 500, n), rng.uniform(130, 230, n)
    slag, age = rng.uniform(0, 250, n), rng.choice([3, 7, 14, 28, 56, 90], n)
    w_c = water / (cement + 0.5 * slag)
    strength = 95 * np.exp(-1.6 * w_c) * (0.45 + 0.13 * np.log(age)) + rng.normal(0, 1.5, n)
    X = np.stack([cement, water, slag, np.log(age)], 1)
    return ((X - X.mean(0)) / X.std(0)).astype("float32"), (
        (strength - strength.mean()) / strength.std()
    ).astype("float32")


X, y = mixes()
full = TensorDataset(torch.from_numpy(X), torch.from_numpy(y).unsqueeze(1))
train_data, valid_data = random_split(full, [960, 240], generator=gen)
train_loader = DataLoader(train_data, batch_size=64, shuffle=True)
valid_loader = DataLoader(valid_data, batch_size=240)


class StrengthNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 50)
        self.fc2 = nn.Linear(50, 50)
        self.fc3 = nn.Linear(50, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


model = StrengthNet()
criterion = nn.MSELoss()
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def validate():
    model.eval()
    se, n = 0.0, 0
    with torch.no_grad():
        for xb, yb in valid_loader:
            se += ((model(xb) - yb) ** 2).sum().item()
            n += len(xb)
    return se / n


for epoch in range(1, 26):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(f"{epoch:3d}  batch loss {loss.item():.4f}  valid mse {validate():.4f}")
print("valid mse (1.0 = predicting the mean):", validate())
