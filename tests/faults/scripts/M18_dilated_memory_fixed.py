import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(6)
T = 32


def data(n):
    x = torch.randn(n, 1, T)
    y = (
        x[:, 0, -1] * 0.5
        + torch.tanh(x[:, 0, -6:].sum(1))
        + 0.9 * x[:, 0, -20] * x[:, 0, -3].sign()
        + 0.05 * torch.randn(n)
    )
    return x, y


class CausalConv(nn.Module):
    def __init__(self, ch, dilation):
        super().__init__()
        self.pad = dilation * 2
        self.conv = nn.Conv1d(ch, ch, 3, dilation=dilation)

    def forward(self, x):
        return self.conv(F.pad(x, (self.pad, 0)))


class TCN(nn.Module):
    def __init__(self, ch=32):
        super().__init__()
        self.stem = nn.Conv1d(1, ch, 1)
        self.blocks = nn.ModuleList([CausalConv(ch, d) for d in (8, 4, 2, 1)])
        self.head = nn.Linear(ch, 1)

    def forward(self, x):
        x = self.stem(x)
        h = x
        for block in self.blocks:
            h = F.relu(block(h)) + h
        return self.head(h[:, :, -1]).squeeze(-1)


xt, yt = data(2000)
xv, yv = data(500)
model = TCN()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(15):
    model.train()
    for idx in torch.randperm(len(xt)).split(50):
        opt.zero_grad()
        loss = F.mse_loss(model(xt[idx]), yt[idx])
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        val = 1 - F.mse_loss(model(xv), yv) / yv.var()
    print("epoch %d loss %.4f" % (epoch, loss.item()))
    print("val R2 %.4f" % val.item())
