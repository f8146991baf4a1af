import itertools

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(13)
rng = np.random.default_rng(13)
N, T = 1600, 20
y = rng.integers(0, 5, N)
angle = y * 2 * np.pi / 5
step = np.stack([np.cos(angle), np.sin(angle)], 1)[:, None, :] * 0.6
X = (step + rng.normal(0, 1.0, (N, T, 2))).astype(np.float32)
tr = TensorDataset(torch.tensor(X[:1300]), torch.tensor(y[:1300]))
va = TensorDataset(torch.tensor(X[1300:]), torch.tensor(y[1300:]))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(2, 40, batch_first=True)
        self.fc = nn.Linear(40, 5)

    def forward(self, x):
        return self.fc(self.rnn(x)[0].mean(1))


model = Reader()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
loader = itertools.cycle(DataLoader(tr, batch_size=50, shuffle=True))
vx, vy = va.tensors
for step_no in range(1, 501):
    model.train()
    xb, yb = next(loader)
    loss = nn.functional.cross_entropy(model(xb), yb)
    loss.backward()
    opt.step()
    if step_no % 50 == 0:
        model.eval()
        with torch.no_grad():
            acc = (model(vx).argmax(1) == vy).float().mean().item()
        print(f"step {step_no} loss {loss.item():.3f} val_acc {acc:.3f}")
