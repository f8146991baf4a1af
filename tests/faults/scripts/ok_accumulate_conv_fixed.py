import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(4)
ACCUMULATE, MICRO, EPOCHS, PEAK, WARM = 4, 16, 20, 0.2, 30

d = load_digits()
ds = TensorDataset(
    torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 8 - 1, torch.tensor(d.target)
)
train_ds, val_ds = random_split(ds, [1408, 389], generator=torch.Generator().manual_seed(4))
train, val = DataLoader(train_ds, MICRO, shuffle=True), DataLoader(val_ds, 389)
assert len(train) % ACCUMULATE == 0

net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.GroupNorm(4, 16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.GroupNorm(4, 32),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(512, 10),
)
opt = torch.optim.SGD(net.parameters(), lr=PEAK, weight_decay=1e-4)
steps = EPOCHS * len(train) // ACCUMULATE
sched = torch.optim.lr_scheduler.LambdaLR(
    opt, lambda s: (s + 1) / WARM if s < WARM else (steps - s) / (steps - WARM)
)

for epoch in range(EPOCHS):
    net.train()
    tot = 0.0
    opt.zero_grad()
    for i, (x, y) in enumerate(train, 1):
        loss = F.cross_entropy(net(x), y)
        (loss / ACCUMULATE).backward()
        tot += loss.item()
        if i % ACCUMULATE == 0:
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            opt.step()
            opt.zero_grad()
            sched.step()
    net.eval()
    with torch.no_grad():
        for x, y in val:
            z = net(x)
            print(
                f"epoch {epoch} loss {tot / len(train):.4f} val loss {F.cross_entropy(z, y):.4f} val acc {(z.argmax(1) == y).float().mean():.4f}"
            )
