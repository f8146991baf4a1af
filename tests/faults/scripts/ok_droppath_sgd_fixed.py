import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(79)
np.random.seed(79)


class Block(nn.Module):
    def __init__(self, ch, drop):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(ch, ch, 3, padding=1, bias=False),
            nn.BatchNorm2d(ch),
            nn.ReLU(),
            nn.Conv2d(ch, ch, 3, padding=1, bias=False),
            nn.BatchNorm2d(ch),
        )
        self.drop = drop

    def forward(self, x):
        r = self.f(x)
        if self.training and self.drop > 0:
            keep = (torch.rand(len(x), 1, 1, 1) >= self.drop).float() / (1 - self.drop)
            r = r * keep
        return torch.relu(x + r)


class Net(nn.Module):
    def __init__(self, ch=16):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, ch, 3, padding=1, bias=False), nn.BatchNorm2d(ch), nn.ReLU()
        )
        self.blocks = nn.Sequential(Block(ch, 0.05), Block(ch, 0.1), Block(ch, 0.15))
        self.head = nn.Linear(ch * 4, 10)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        return self.head(nn.functional.adaptive_avg_pool2d(x, 2).flatten(1))


d = load_digits()
x = (torch.tensor(d.images, dtype=torch.float32)[:, None] / 16 - 0.305) / 0.376
tr, va = random_split(TensorDataset(x, torch.tensor(d.target)), [1440, 357])
tr_dl, va_dl = (
    DataLoader(tr, batch_size=60, shuffle=True, drop_last=True),
    DataLoader(va, batch_size=119),
)
net = Net()
EPOCHS = 10
opt = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9, nesterov=True, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, EPOCHS, eta_min=0.01)
for epoch in range(EPOCHS):
    net.train()
    for a, b in tr_dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(a), b)
        loss.backward()
        opt.step()
    sched.step()
    net.eval()
    n = 0
    with torch.no_grad():
        for a, b in va_dl:
            n += (net(a).argmax(1) == b).sum().item()
    print(f"epoch {epoch} loss {loss.item():.4f} acc {n / len(va):.4f}")
