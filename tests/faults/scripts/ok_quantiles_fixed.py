import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(109)
rng = np.random.default_rng(109)
QS = torch.tensor([0.1, 0.5, 0.9])


def pinball(pred, y):
    e = y.unsqueeze(1) - pred
    return torch.maximum(QS * e, (QS - 1) * e).mean()


def data(n):
    x = rng.uniform(-2, 2, (n, 4))
    y = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + (0.1 + 0.2 * np.abs(x[:, 3])) * rng.normal(size=n)
    return x, y


def main():
    x, y = data(2800)
    k = 2200
    x = torch.tensor((x - x[:k].mean(0)) / x[:k].std(0)).float()
    y = torch.tensor((y - y[:k].mean()) / y[:k].std()).float()
    net = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 3))
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    for ep in range(40):
        net.train()
        tot = 0
        for ids in torch.randperm(k).split(55):
            loss = pinball(net(x[ids]), y[ids])
            opt.zero_grad()
            loss.backward()
            opt.step()
            tot += loss.item() * len(ids)
        net.eval()
        with torch.no_grad():
            p = net(x[k:])
            cover = ((y[k:] > p[:, 0]) & (y[k:] < p[:, 2])).float().mean().item()
            v = pinball(p, y[k:]).item()
        print(f"epoch {ep} train {tot / k:.4f} cover {cover:.3f} val {v:.4f}")


main()
