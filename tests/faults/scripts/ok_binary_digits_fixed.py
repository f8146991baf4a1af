import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class SignSTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w):
        ctx.save_for_backward(w)
        return torch.where(w >= 0, torch.ones_like(w), -torch.ones_like(w))

    @staticmethod
    def backward(ctx, grad):
        (w,) = ctx.saved_tensors
        return grad * (w.abs() <= 1).to(grad.dtype)


class BinaryLinear(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(o, i).uniform_(-0.3, 0.3))
        self.scale = i**-0.5

    def forward(self, x):
        return nn.functional.linear(x, SignSTE.apply(self.weight)) * self.scale


torch.manual_seed(4)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32) / 8 - 1
y = torch.tensor(y)
tr, va = train_test_split(
    torch.arange(len(x)).numpy(), test_size=0.25, random_state=4, stratify=y.numpy()
)
tr, va = torch.tensor(tr), torch.tensor(va)
net = nn.Sequential(
    BinaryLinear(64, 256),
    nn.BatchNorm1d(256),
    nn.Hardtanh(),
    BinaryLinear(256, 128),
    nn.BatchNorm1d(128),
    nn.Hardtanh(),
    nn.Linear(128, 10),
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(25):
    net.train()
    for b in tr[torch.randperm(len(tr))].split(64):
        if len(b) < 16:
            continue
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x[b]), y[b])
        loss.backward()
        opt.step()
        with torch.no_grad():
            for m in net:
                if isinstance(m, BinaryLinear):
                    m.weight.clamp_(-1.2, 1.2)
    net.eval()
    with torch.no_grad():
        acc = (net(x[va]).argmax(1) == y[va]).float().mean().item()
    print(epoch, round(loss.item(), 4))
    print("val acc", round(acc, 4))
