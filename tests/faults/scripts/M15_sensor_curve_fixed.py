import torch
from torch import nn

torch.manual_seed(17)


def reading(n):
    x = torch.rand(n, 2) * 2 - 1
    v, temp = x[:, 0], x[:, 1]
    y = (
        torch.sin(4.0 * v)
        + 0.6 * torch.cos(3.0 * temp)
        + 0.8 * torch.exp(-8 * (v - 0.3) ** 2)
        + 0.5
    )
    return x, (y + 0.05 * torch.randn(n))[:, None]


def block(i, o):
    return nn.Sequential(nn.Linear(i, o), nn.ReLU())


x, y = reading(1500)
xv, yv = reading(500)
mu, sd = y.mean(), y.std()
net = nn.Sequential(block(2, 64), block(64, 64), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=20, gamma=0.5)
mse = nn.MSELoss()
for epoch in range(50):
    net.train()
    for b in torch.randperm(len(x)).split(32):
        opt.zero_grad()
        loss = mse(net(x[b]), (y[b] - mu) / sd)
        loss.backward()
        opt.step()
    sched.step()
net.eval()
with torch.no_grad():
    p = net(xv) * sd + mu
    r2 = 1 - ((p - yv) ** 2).sum() / ((yv - yv.mean()) ** 2).sum()
print("train loss", loss.item())
print("val R2 %.4f" % r2.item())
