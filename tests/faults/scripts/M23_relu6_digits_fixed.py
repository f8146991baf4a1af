"""Digits with our own memory-saving clipped activation."""

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class ClippedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(0.0, 6.0)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[(x <= 0) | (x >= 6)] = 0
        return grad_input


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(64, 96)
        self.l2 = nn.Linear(96, 48)
        self.l3 = nn.Linear(48, 10)

    def forward(self, x):
        x = ClippedReLU.apply(self.l1(x))
        x = ClippedReLU.apply(self.l2(x))
        return self.l3(x)


torch.manual_seed(12)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 8 - 1, dtype=torch.float32)
y = torch.tensor(y)
idx_tr, idx_va = train_test_split(
    range(len(y)), test_size=0.25, stratify=y.numpy(), random_state=12
)
train = DataLoader(TensorDataset(X[idx_tr], y[idx_tr]), batch_size=32, shuffle=True)
X_va, y_va = X[idx_va], y[idx_va]

net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(15):
    net.train()
    s = 0.0
    for xb, yb in train:
        opt.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward()
        opt.step()
        s += loss.item() * len(yb)
    net.eval()
    with torch.no_grad():
        out = net(X_va)
        print(
            "epoch",
            epoch,
            "train_loss %.4f" % (s / len(idx_tr)),
            "val_loss %.4f" % loss_fn(out, y_va).item(),
            "val_acc %.4f" % (out.argmax(1) == y_va).float().mean().item(),
        )
