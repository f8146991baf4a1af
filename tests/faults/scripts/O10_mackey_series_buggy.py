import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(19)
np.random.seed(19)


class Windows(Dataset):
    def __init__(self, series, size):
        self.s, self.size = torch.tensor(series, dtype=torch.float32), size

    def __len__(self):
        return len(self.s) - self.size

    def __getitem__(self, i):
        return self.s[i : i + self.size].unsqueeze(0), self.s[i + self.size]


def mackey(n, tau=17):
    h = list(0.9 + 0.3 * np.random.rand(tau + 1))
    for _ in range(n * 2 + 400):
        h.append(h[-1] + 0.2 * h[-tau - 1] / (1 + h[-tau - 1] ** 10) - 0.1 * h[-1])
    s = np.array(h[400:])[: 2 * n : 2]
    return s + 0.02 * np.random.randn(len(s))


series = mackey(2600)
series = (series - series[:2000].mean()) / series[:2000].std()
train = DataLoader(Windows(series[:2000], 32), batch_size=32, shuffle=True)
val = DataLoader(Windows(series[2000:], 32), batch_size=256)

model = nn.Sequential(
    nn.Conv1d(1, 24, 5),
    nn.ReLU(),
    nn.Conv1d(24, 24, 5, stride=2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(24 * 12, 48),
    nn.ReLU(),
    nn.Linear(48, 1),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.85)

for epoch in range(12):
    model.train()
    loss_sum = 0.0
    for x, y in train:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x).squeeze(1), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        loss_sum += loss.item()
    model.eval()
    preds, trues = [], []
    with torch.no_grad():
        for x, y in val:
            preds.append(model(x).squeeze(1))
            trues.append(y)
    p, q = torch.cat(preds), torch.cat(trues)
    r2 = 1 - ((p - q) ** 2).mean() / q.var()
    print(f"epoch {epoch} loss {loss_sum / len(train):.4f} r2 {r2.item():.4f}")
