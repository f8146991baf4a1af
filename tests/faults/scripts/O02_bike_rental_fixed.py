import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(18)
g = torch.Generator().manual_seed(18)

N = 3000
temp = torch.rand(N, generator=g) * 35 - 3
hum = torch.rand(N, generator=g) * 0.7 + 0.25
hour = torch.randint(0, 24, (N,), generator=g).float()
work = (torch.rand(N, generator=g) < 0.7).float()
rain = (torch.rand(N, generator=g) < 0.2).float()
peak = torch.exp(-(((hour - 8) / 1.8) ** 2)) + torch.exp(-(((hour - 17.5) / 2.2) ** 2))
rentals = (
    40
    + 220 * work * peak
    + 4.5 * temp
    - 0.11 * (temp - 24).clamp(min=0) ** 2 * 10
    - 60 * rain
    - 40 * hum
)
rentals = (
    rentals
    + 90 * (1 - work) * torch.exp(-(((hour - 14) / 4) ** 2))
    + 12 * torch.randn(N, generator=g)
)

X = torch.stack(
    [
        temp,
        hum,
        torch.sin(hour / 24 * 2 * np.pi),
        torch.cos(hour / 24 * 2 * np.pi),
        torch.sin(hour / 12 * 2 * np.pi),
        torch.cos(hour / 12 * 2 * np.pi),
        work,
        rain,
    ],
    1,
)
X = (X - X[:2400].mean(0)) / X[:2400].std(0)
Y = ((rentals - rentals[:2400].mean()) / rentals[:2400].std()).unsqueeze(1)

train_ds, val_ds = TensorDataset(X[:2400], Y[:2400]), TensorDataset(X[2400:], Y[2400:])
train_dl = DataLoader(train_ds, batch_size=32, shuffle=True)
val_dl = DataLoader(val_ds, batch_size=300)

model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
step_size = 0.02
optimizer = torch.optim.SGD(model.parameters(), lr=step_size, momentum=0.9)

for epoch in range(30):
    model.train()
    tr = 0.0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(xb), yb)
        loss.backward()
        optimizer.step()
        tr += loss.item() / len(train_dl)
    model.eval()
    with torch.no_grad():
        va = sum(
            nn.functional.mse_loss(model(xb), yb, reduction="sum").item() for xb, yb in val_dl
        ) / len(val_ds)
    print(f"epoch {epoch + 1:2d}  train mse {tr:.4f}  val mse {va:.4f}")
