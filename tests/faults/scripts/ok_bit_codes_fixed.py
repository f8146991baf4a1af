import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(23)


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1).to(grad.dtype)


class Hasher(nn.Module):
    def __init__(self, bits=32):
        super().__init__()
        self.enc = nn.Sequential(
            nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, bits), nn.BatchNorm1d(bits)
        )
        self.dec = nn.Sequential(nn.Linear(bits, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x):
        return self.dec(Sign.apply(self.enc(x)))


X = torch.tensor(load_digits().data, dtype=torch.float32) / 8 - 1
perm = torch.randperm(len(X))
train, val = X[perm[:1400]], X[perm[1400:]]
model = Hasher()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 6e-3, total_steps=30 * 22)
for epoch in range(30):
    model.train()
    for b in torch.randperm(len(train)).split(64):
        opt.zero_grad()
        loss = nn.functional.mse_loss(model(train[b]), train[b])
        loss.backward()
        opt.step()
        sched.step()
model.eval()
with torch.no_grad():
    print("val_mse", nn.functional.mse_loss(model(val), val).item())
