import argparse

import torch
import torch.nn as nn

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=16)
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--hidden", type=int, default=24)
parser.add_argument("--max-norm", type=float, default=2.0)
parser.add_argument("--seed", type=int, default=8)
args = parser.parse_args()
torch.manual_seed(args.seed)


def adding_problem(n, T=12):
    v = torch.rand(n, T) * 2 - 1
    m = torch.zeros(n, T)
    for i in range(n):
        a, b = torch.randperm(T)[:2]
        m[i, a] = m[i, b] = 1
    return torch.stack([v, m], -1), (v * m).sum(1)


class SumNet(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.rnn = nn.GRU(2, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.head(out[:, -1]).squeeze(-1)


xtr, ytr = adding_problem(1500)
xva, yva = adding_problem(400)
model = SumNet(args.hidden)
opt = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)

for epoch in range(args.epochs):
    model.train()
    for idx in torch.randperm(len(xtr)).split(32):
        opt.zero_grad()
        loss = ((model(xtr[idx]) - ytr[idx]) ** 2).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), args.max_norm)
        opt.step()

model.eval()
with torch.no_grad():
    mse = ((model(xva) - yva) ** 2).mean().item()
print("val_mse", mse)
