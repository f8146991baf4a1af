import copy
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset


@dataclass
class Config:
    lr: float = 2e-3
    epochs: int = 25
    batch_size: int = 64
    smoothing: float = 0.1
    patience: int = 6
    seed: int = 21


cfg = Config()
torch.manual_seed(cfg.seed)
d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
full = TensorDataset((x - 0.3) / 0.38, torch.tensor(d.target))
perm = torch.randperm(len(full)).tolist()
train_set, val_set = Subset(full, perm[:1400]), Subset(full, perm[1400:])
train_dl = DataLoader(train_set, cfg.batch_size, shuffle=True, drop_last=True)
val_dl = DataLoader(val_set, 200)

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1, bias=False),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1, bias=False),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(2),
    nn.Flatten(),
    nn.Linear(128, 10),
)
opt = torch.optim.AdamW(net.parameters(), lr=cfg.lr, weight_decay=1e-2)
crit = nn.CrossEntropyLoss(label_smoothing=cfg.smoothing)


def evaluate():
    net.eval()
    right = loss = 0
    with torch.no_grad():
        for a, b in val_dl:
            out = net(a)
            loss += crit(out, b).item() * len(b)
            right += (out.argmax(1) == b).sum().item()
    return loss / len(val_set), right / len(val_set)


best, best_state, wait = float("inf"), None, 0
for epoch in range(cfg.epochs):
    net.train()
    for a, b in train_dl:
        opt.zero_grad()
        crit(net(a), b).backward()
        opt.step()
    vl, va = evaluate()
    print(epoch, round(vl, 4), round(va, 4))
    if vl < best:
        best, best_state, wait = vl, copy.deepcopy(net.state_dict()), 0
    else:
        wait += 1
        if wait >= cfg.patience:
            break
net.load_state_dict(best_state)
print("best val acc", evaluate()[1])
