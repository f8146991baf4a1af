import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

cfg = {"lr": 0.2, "momentum": 0.9, "wd": 5e-4, "epochs": 10, "bs": 100, "seed": 104}
torch.manual_seed(cfg["seed"])


def block(i, o, s=1):
    return nn.Sequential(
        nn.Conv2d(i, o, 3, stride=s, padding=1, bias=False),
        nn.BatchNorm2d(o),
        nn.ReLU(inplace=True),
    )


net = nn.Sequential(
    block(1, 24),
    block(24, 48, 2),
    block(48, 64),
    nn.AdaptiveAvgPool2d(2),
    nn.Flatten(),
    nn.Linear(256, 10),
)
x = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(load_digits().target)
perm = torch.randperm(len(y))
x, y = x[perm], y[perm]
x = (x - x[:1400].mean()) / x[:1400].std()
dl = DataLoader(TensorDataset(x[:1400], y[:1400]), cfg["bs"], shuffle=True)
dv = DataLoader(TensorDataset(x[1400:], y[1400:]), 200)
opt = torch.optim.SGD(
    net.parameters(), cfg["lr"], momentum=cfg["momentum"], weight_decay=cfg["wd"], nesterov=True
)
sched = torch.optim.lr_scheduler.OneCycleLR(
    opt, max_lr=cfg["lr"], epochs=cfg["epochs"], steps_per_epoch=len(dl)
)
for ep in range(cfg["epochs"]):
    net.train()
    t = 0
    for a, b in dl:
        loss = nn.functional.cross_entropy(net(a), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        t += loss.item()
    net.eval()
    with torch.no_grad():
        c = sum((net(a).argmax(1) == b).sum().item() for a, b in dv)
    print(f"epoch {ep + 1} loss {t / len(dl):.4f} acc {c / len(dv.dataset):.4f}")
