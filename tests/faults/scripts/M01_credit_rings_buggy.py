import torch
import torch.nn as nn
from sklearn.datasets import make_gaussian_quantiles


class Trainer:
    def __init__(self, model, lr=1e-3, batch_size=64):
        self.model = model
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)
        self.loss = nn.CrossEntropyLoss()
        self.bs = batch_size

    def epoch(self, X, y):
        self.model.train()
        order = torch.randperm(len(X))
        out = []
        for chunk in order.split(self.bs):
            self.opt.zero_grad()
            l = self.loss(self.model(X[chunk]), y[chunk])
            l.backward()
            self.opt.step()
            out.append(l.item())
        return sum(out) / len(out)

    @torch.no_grad()
    def accuracy(self, X, y):
        self.model.eval()
        return (self.model(X).argmax(1) == y).float().mean().item()


class RiskNet(nn.Module):
    def __init__(self, n_in, n_out, width=64, depth=3):
        super().__init__()
        layers = [nn.Linear(n_in, width)]
        for _ in range(depth - 1):
            layers += [nn.Linear(width, width)]
        layers += [nn.Linear(width, n_out)]
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return self.body(x)


def main():
    torch.manual_seed(0)
    X, y = make_gaussian_quantiles(n_samples=2400, n_features=6, n_classes=3, random_state=2)
    X = torch.tensor(X, dtype=torch.float32)
    y = torch.tensor(y)
    Xtr, ytr, Xva, yva = X[:1800], y[:1800], X[1800:], y[1800:]
    m, s = Xtr.mean(0), Xtr.std(0)
    Xtr, Xva = (Xtr - m) / s, (Xva - m) / s
    t = Trainer(RiskNet(6, 3))
    for e in range(40):
        l = t.epoch(Xtr, ytr)
        print("epoch %d  loss %.4f  val_acc %.4f" % (e, l, t.accuracy(Xva, yva)))


main()
