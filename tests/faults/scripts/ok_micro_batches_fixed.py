import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(1)
ACC, EPOCHS = 4, 15
dg = load_digits()
full = TensorDataset(torch.tensor(dg.images / 16.0).float().unsqueeze(1), torch.tensor(dg.target))
train_set, val_set = random_split(full, [1437, 360], generator=torch.Generator().manual_seed(1))
train_dl, val_dl = DataLoader(train_set, 16, shuffle=True), DataLoader(val_set, 360)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(32 * 16, 10)

    def forward(self, x):
        h = checkpoint(self.body, self.stem(x), use_reentrant=False)
        return self.head(h.flatten(1))


net = Net()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
best, best_state = 0.0, None
for ep in range(EPOCHS):
    net.train()
    opt.zero_grad()
    tot, n_b = 0.0, len(train_dl)
    for i, (x, y) in enumerate(train_dl):
        group = ACC if i < n_b - n_b % ACC else n_b % ACC
        loss = F.cross_entropy(net(x), y)
        (loss / group).backward()
        tot += loss.item()
        if (i + 1) % ACC == 0 or i + 1 == n_b:
            opt.step()
            opt.zero_grad()
    net.eval()
    with torch.no_grad():
        x, y = next(iter(val_dl))
        acc = (net(x).argmax(1) == y).float().mean().item()
    if acc > best:
        best, best_state = acc, copy.deepcopy(net.state_dict())
    print(f"epoch {ep} train_loss {tot / n_b:.4f} val_acc {acc:.4f}")
net.load_state_dict(best_state)
print(f"best val acc {best:.4f}")
