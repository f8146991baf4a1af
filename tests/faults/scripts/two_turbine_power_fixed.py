import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(9)
rng = np.random.default_rng(9)
T = 16


def windows(n):
    # wind speed [m/s], direction [deg], air temperature [C]
    speed = 8 + np.cumsum(rng.normal(0, 0.8, (n, T)), 1) + rng.normal(0, 2, (n, 1))
    direc = rng.uniform(0, 360, (n, 1)) + rng.normal(0, 15, (n, T))
    temp = rng.normal(12, 6, (n, 1)) + rng.normal(0, 0.5, (n, T))
    w = np.stack([speed, direc, temp], -1)
    power = np.tanh((speed[:, -4:].mean(1) - 8) / 4) * (
        0.6 + 0.4 * np.cos(np.radians(direc[:, -1]))
    ) - 0.01 * (temp[:, -1] - 12)
    return w.astype(np.float32), power.astype(np.float32)


class Power(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 32, batch_first=True)
        self.head = nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])[:, 0]


xtr, ytr = windows(1600)
xva, yva = windows(400)
mu, sd = xtr.mean((0, 1)), xtr.std((0, 1))
xtr = (xtr - mu) / sd
xva = (xva - mu) / sd
xtr, ytr, xva, yva = map(torch.from_numpy, (xtr, ytr, xva, yva))

model = Power()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
huber = nn.SmoothL1Loss()
for epoch in range(25):
    model.train()
    for j in torch.randperm(len(xtr)).split(64):
        optimizer.zero_grad()
        huber(model(xtr[j]), ytr[j]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    mae = (model(xva) - yva).abs().mean().item()
print("val_mae", mae)
