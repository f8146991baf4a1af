import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
np.random.seed(2)
ALPHA, EPOCHS = 0.3, 25

d = load_digits()
a, b, ya, yb = train_test_split(
    d.images / 16, d.target, test_size=0.2, random_state=2, stratify=d.target
)
train = DataLoader(
    TensorDataset(torch.tensor(a).float()[:, None], torch.tensor(ya)), batch_size=64, shuffle=True
)
xv, yv = torch.tensor(b).float()[:, None], torch.tensor(yb)

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(128, 10),
)
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, EPOCHS)

for epoch in range(EPOCHS):
    net.train()
    tot = 0.0
    for x, y in train:
        lam = np.random.beta(ALPHA, ALPHA)
        perm = torch.randperm(len(x))
        out = net(lam * x + (1 - lam) * x[perm])
        loss = lam * F.cross_entropy(out, y) + (1 - lam) * F.cross_entropy(out, y[perm])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item()
    sched.step()
    net.eval()
    with torch.no_grad():
        out = net(xv)
        print(
            f"epoch {epoch:2d} mixup loss {tot / len(train):.4f} val loss {F.cross_entropy(out, yv):.4f} "
            f"val acc {(out.argmax(1) == yv).float().mean():.4f}"
        )
