import torch
import torch.nn as nn
from sklearn.datasets import make_friedman2
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

torch.manual_seed(3)


class SwishFn(torch.autograd.Function):
    """memory-friendly x * sigmoid(x)"""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, grad_out):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return grad_out * (s + x * s * (1 - s))


class Swish(nn.Module):
    def forward(self, x):
        return SwishFn.apply(x)


X, y = make_friedman2(1600, noise=20.0, random_state=0)
Xt, Xv, yt, yv = train_test_split(X, y, test_size=0.25, random_state=0)
sx, sy = StandardScaler().fit(Xt), StandardScaler().fit(yt.reshape(-1, 1))
to = lambda a: torch.as_tensor(a, dtype=torch.float32)
Xt, Xv = to(sx.transform(Xt)), to(sx.transform(Xv))
yt, yv = to(sy.transform(yt.reshape(-1, 1))), to(sy.transform(yv.reshape(-1, 1)))

model = nn.Sequential(
    nn.Linear(4, 64),
    Swish(),
    nn.Linear(64, 64),
    Swish(),
    nn.Linear(64, 32),
    Swish(),
    nn.Linear(32, 1),
)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(30):
    model.train()
    for idx in torch.randperm(len(Xt)).split(32):
        loss = nn.functional.mse_loss(model(Xt[idx]), yt[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        tl = nn.functional.mse_loss(model(Xt), yt).item()
        vl = nn.functional.mse_loss(model(Xv), yv)
        r2 = 1 - vl / yv.var(unbiased=False)
    print(f"ep {epoch:2d} | train {tl:.4f} | val {vl.item():.4f} | r2 {r2.item():.4f}")
