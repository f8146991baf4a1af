import copy

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(19)


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad, self.state = float("inf"), 0, None

    def __call__(self, value, model):
        if value < self.best - self.min_delta:
            self.best, self.bad = value, 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
y = torch.tensor(load_digits().target)
p = torch.randperm(len(x))
x, y = x[p], y[p]
xt, yt, xv, yv = x[:1350], y[:1350], x[1350:], y[1350:]

model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.5)
stopper = EarlyStopping(patience=3, min_delta=1e-4)

for epoch in range(60):
    model.train()
    total = 0.0
    for idx in torch.randperm(len(xt)).split(64):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xt[idx]), yt[idx])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    model.eval()
    with torch.no_grad():
        logits = model(xv)
    val_loss = F.cross_entropy(logits, yv).item()
    acc = (logits.argmax(1) == yv).float().mean().item()
    print(
        f"epoch {epoch} train_loss {total / len(xt):.4f} val_loss {val_loss:.4f} val_acc {acc:.4f}"
    )
    if stopper(val_loss, model):
        print("stopped")
        break
model.load_state_dict(stopper.state)
model.eval()
with torch.no_grad():
    print(f"best checkpoint val_acc {(model(xv).argmax(1) == yv).float().mean().item():.4f}")
