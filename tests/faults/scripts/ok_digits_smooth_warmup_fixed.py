"""Handwritten digits, small MLP. SGD with linear warm-up then cosine, label smoothing."""

import copy
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)

X, y = load_digits(return_X_y=True)
X_tmp, X_test, y_tmp, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
X_tr, X_va, y_tr, y_va = train_test_split(
    X_tmp, y_tmp, test_size=0.2, stratify=y_tmp, random_state=0
)


def to_ds(a, b):
    return TensorDataset(torch.tensor(a / 16.0, dtype=torch.float32), torch.tensor(b))


train_dl = DataLoader(to_ds(X_tr, y_tr), batch_size=32, shuffle=True, drop_last=True)
val_dl = DataLoader(to_ds(X_va, y_va), batch_size=256)
test_dl = DataLoader(to_ds(X_test, y_test), batch_size=256)

net = nn.Sequential(
    nn.Linear(64, 128, bias=False),
    nn.BatchNorm1d(128),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(128, 64, bias=False),
    nn.BatchNorm1d(64),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(64, 10),
)

EPOCHS = 25
decay, no_decay = [], []
for p in net.parameters():
    (decay if p.ndim > 1 else no_decay).append(p)
opt = torch.optim.SGD(
    [{"params": decay, "weight_decay": 5e-4}, {"params": no_decay, "weight_decay": 0.0}],
    lr=0.1,
    momentum=0.9,
    nesterov=True,
)
total = EPOCHS * len(train_dl)
warm = 2 * len(train_dl)


def lr_at(step):
    if step < warm:
        return (step + 1) / warm
    t = (step - warm) / (total - warm)
    return 0.5 * (1 + math.cos(math.pi * t))


sched = torch.optim.lr_scheduler.LambdaLR(opt, lr_at)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)


@torch.no_grad()
def evaluate(dl):
    net.eval()
    loss = hits = n = 0
    for xb, yb in dl:
        out = net(xb)
        loss += F.cross_entropy(out, yb, reduction="sum").item()
        hits += (out.argmax(1) == yb).sum().item()
        n += len(yb)
    return loss / n, hits / n


best_acc, best_state = 0.0, None
for epoch in range(EPOCHS):
    net.train()
    running = 0.0
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        opt.step()
        sched.step()
        running += loss.item()
    vl, va = evaluate(val_dl)
    if va > best_acc:
        best_acc, best_state = va, copy.deepcopy(net.state_dict())
    print(
        f"epoch {epoch:02d} train_loss {running / len(train_dl):.4f} val_loss {vl:.4f} val_acc {va:.4f} lr {sched.get_last_lr()[0]:.4f}"
    )

net.load_state_dict(best_state)
print("best val_acc %.4f" % best_acc)
print("test_loss %.4f test_acc %.4f" % evaluate(test_dl))
