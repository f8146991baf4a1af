import numpy as np
import torch
from torch import nn

torch.manual_seed(55)
rng = np.random.default_rng(55)
x = torch.tensor(rng.uniform(-1, 1, (2000, 2)), dtype=torch.float32)
y = 5e5 * torch.sin(3 * x[:, 0]) * torch.cos(2 * x[:, 1]) + 2e6 + 2e4 * torch.randn(2000)
xt, yt, xv, yv = x[:1600], y[:1600], x[1600:], y[1600:]


class RandomFeatures(nn.Module):
    def __init__(self, n=256):
        super().__init__()
        self.lin = nn.Linear(2, n)
        nn.init.normal_(self.lin.weight, std=2.0)
        nn.init.uniform_(self.lin.bias, 0, 6.2832)
        self.k = (2 / n) ** 0.5

    def forward(self, x):
        return torch.cos(self.lin(x)) * self.k


backbone = RandomFeatures()
for p in backbone.parameters():
    p.requires_grad_(False)
head = nn.Linear(256, 1)
offset, scale = yt.mean(), yt.std()
opt = torch.optim.SGD(head.parameters(), lr=1.0, momentum=0.5)
for epoch in range(60):
    for b in torch.randperm(1600).split(64):
        with torch.no_grad():
            f = backbone(xt[b])
        loss = nn.functional.mse_loss(head(f).squeeze(1), (yt[b] - offset) / scale)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        with torch.no_grad():
            pred = head(backbone(xv)).squeeze(1) * scale + offset
            r2 = 1 - ((pred - yv) ** 2).sum() / ((yv - yv.mean()) ** 2).sum()
        print("epoch", epoch + 1, "loss", round(loss.item(), 4))
        print("val R2", round(r2.item(), 4))
