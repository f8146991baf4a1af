import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(30)
rng = np.random.RandomState(30)
x = rng.randn(2500, 16)
z = np.tanh(x @ rng.randn(16, 8) / 2)
cls = (z @ rng.randn(8, 4)).argmax(1)
val = z @ rng.randn(8) + 0.1 * rng.randn(2500)
x = torch.tensor(x, dtype=torch.float32)
cls = torch.tensor(cls)
val = torch.tensor((val - val.mean()) / val.std(), dtype=torch.float32)
train_ids, val_ids = torch.arange(2000), torch.arange(2000, 2500)


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(16, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.c = nn.Linear(96, 4)
        self.v = nn.Linear(96, 1)

    def forward(self, x):
        h = self.trunk(x)
        return {"cls": self.c(h), "val": self.v(h).squeeze(-1)}


def compute_losses(out, ids):
    return {
        "cls": F.cross_entropy(out["cls"], cls[ids]),
        "val": F.smooth_l1_loss(out["val"], val[ids]),
    }


weights = {"cls": 1.0, "val": 0.5}
net = TwoHeads()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(30):
    net.train()
    perm = train_ids[torch.randperm(len(train_ids))]
    log = []
    for ids in perm.split(32):
        opt.zero_grad()
        losses = compute_losses(net(x[ids]), ids)
        total = sum(weights[k] * l for k, l in losses.items())
        total.backward()
        opt.step()
        log.append(total.item())
    net.eval()
    with torch.no_grad():
        out = net(x[val_ids])
        acc = (out["cls"].argmax(1) == cls[val_ids]).float().mean().item()
    print("epoch", epoch, "loss", round(sum(log) / len(log), 4))
    print("val accuracy", round(acc, 4))
