import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(17)
d = load_digits()
X = torch.tensor(d.data / 16.0, dtype=torch.float32)
y = torch.tensor(d.target)
perm = torch.randperm(len(X))
tr, va = perm[:1400], perm[1400:]


class MLP(nn.Module):
    def __init__(self, width=128):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.body(x))


class Fitter:
    def __init__(self, model):
        self.model = model
        self.opt = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.model(x)

    def fit(self, idx, epochs=10, bs=32):
        for ep in range(epochs):
            self.model.train()
            for b in idx[torch.randperm(len(idx))].split(bs):
                loss = nn.functional.cross_entropy(self.forward(X[b]).float(), y[b])
                self.opt.zero_grad(set_to_none=True)
                loss.backward()
                self.opt.step()

    @torch.no_grad()
    def accuracy(self, idx):
        self.model.eval()
        return (self.forward(X[idx]).argmax(-1) == y[idx]).float().mean().item()


f = Fitter(MLP())
f.fit(tr)
print("val_acc", f.accuracy(va))
