"""Forward kinematics of a planar arm: joint angles -> hand position."""

import math

import torch
from torch import nn

config = {
    "joints": 4,
    "width": 64,
    "depth": 4,
    "act": nn.Softmax(dim=-1),
    "lr": 2e-3,
    "batch": 128,
    "epochs": 30,
}
g = torch.Generator().manual_seed(8)
torch.manual_seed(8)


def hand(q):
    a = q.cumsum(1)
    length = torch.tensor([1.0, 0.8, 0.5, 0.3])
    return torch.stack([(length * a.cos()).sum(1), (length * a.sin()).sum(1)], 1)


q = (torch.rand(4000, config["joints"], generator=g) - 0.5) * math.pi / 1.5
pos = hand(q) + 0.01 * torch.randn(4000, 2, generator=g)
q_train, q_val, p_train, p_val = q[:3200], q[3200:], pos[:3200], pos[3200:]
m, s = p_train.mean(0), p_train.std(0)


def mlp(cfg):
    layers, n = [], cfg["joints"]
    for _ in range(cfg["depth"]):
        layers += [nn.Linear(n, cfg["width"]), cfg["act"]]
        n = cfg["width"]
    return nn.Sequential(*layers, nn.Linear(n, 2))


net = mlp(config)
opt = torch.optim.Adam(net.parameters(), lr=config["lr"])
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, config["epochs"])
for epoch in range(config["epochs"]):
    net.train()
    perm = torch.randperm(len(q_train))
    tot = 0.0
    for idx in perm.split(config["batch"]):
        loss = ((net(q_train[idx]) - (p_train[idx] - m) / s) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(idx)
    sched.step()
    net.eval()
    with torch.no_grad():
        err = net(q_val) * s + m - p_val
        r2 = 1 - (err**2).sum() / ((p_val - p_val.mean(0)) ** 2).sum()
    print(f"epoch {epoch:2d}  train mse {tot / len(q_train):.5f}  val R2 {r2:.4f}")
