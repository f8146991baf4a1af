import torch
import torch.nn as nn
from sklearn.datasets import make_gaussian_quantiles
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)


class GatedUnit(torch.autograd.Function):
    """x * sigmoid(x) without keeping the intermediate."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, grad_out):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return grad_out * (s + x * s * (1 - s))


class Gate(nn.Module):
    def forward(self, x):
        return GatedUnit.apply(x)


def loaders():
    X, y = make_gaussian_quantiles(n_samples=2200, n_features=8, n_classes=2, random_state=6)
    X = torch.tensor((X - X[:1600].mean(0)) / X[:1600].std(0), dtype=torch.float32)
    y = torch.tensor(y)
    tr = TensorDataset(X[:1600], y[:1600])
    va = TensorDataset(X[1600:], y[1600:])
    return DataLoader(tr, batch_size=40, shuffle=True), DataLoader(va, batch_size=200)


def fit(model, tl, vl, epochs=30):
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    ce = nn.CrossEntropyLoss()
    for e in range(epochs):
        model.train()
        tot = cnt = 0
        for x, y in tl:
            loss = ce(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            tot += loss.item() * len(x)
            cnt += len(x)
        model.eval()
        with torch.no_grad():
            acc = sum((model(x).argmax(1) == y).sum().item() for x, y in vl) / len(vl.dataset)
        print(f"{e:03d} loss={tot / cnt:.4f} acc={acc:.4f}")


model = nn.Sequential(
    nn.Linear(8, 64), Gate(), nn.Linear(64, 64), Gate(), nn.Linear(64, 64), Gate(), nn.Linear(64, 2)
)
fit(model, *loaders())
