import argparse

import numpy as np
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int, default=4)
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--rows", type=int, default=2000)
args = parser.parse_args()

torch.manual_seed(11)
rng = np.random.default_rng(11)
# independent draws, so they can be read in the order in which they come
x = rng.uniform(-1, 1, (args.rows + 500, 2)).astype(np.float32)
label = (x[:, 0] > 0).astype(int) + 2 * (x[:, 1] > 0.5 * np.sin(3 * x[:, 0])).astype(int)
x, label = torch.from_numpy(x), torch.from_numpy(label)

net = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 4))
opt = torch.optim.SGD(net.parameters(), lr=args.lr)
sched = torch.optim.lr_scheduler.MultiStepLR(opt, milestones=[6, 8], gamma=0.3)
for epoch in range(args.epochs):
    net.train()
    s = 0.0
    for i in range(0, args.rows, args.batch_size):
        b = slice(i, i + args.batch_size)
        loss = nn.functional.cross_entropy(net(x[b]), label[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item() * args.batch_size
    sched.step()
    net.eval()
    with torch.no_grad():
        z = net(x[args.rows :])
    print(
        f"epoch {epoch} loss {s / args.rows:.4f} val acc {(z.argmax(1) == label[args.rows :]).float().mean():.4f}"
    )
