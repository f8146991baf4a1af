import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(40)
torch.manual_seed(40)
SETTINGS = {"n": 2400, "classes": 4, "release_scale": 0.1, "epochs": 30, "lr": 1e-3, "batch": 60}


def respondents(n, k):
    centres = rng.normal(0, 1.0, (k * 2, 10))
    group = rng.integers(0, k * 2, n)
    x = centres[group] + 0.45 * rng.normal(size=(n, 10))
    return x, group % k


def release(x):
    return x + rng.laplace(0, SETTINGS["release_scale"], x.shape)


def prepare():
    x, y = respondents(SETTINGS["n"], SETTINGS["classes"])
    x = release(x)
    k = int(0.75 * len(x))
    m, s = x[:k].mean(0), x[:k].std(0)
    x = torch.tensor((x - m) / s, dtype=torch.float32)
    y = torch.tensor(y)
    return (x[:k], y[:k]), (x[k:], y[k:])


def train():
    (xt, yt), (xv, yv) = prepare()
    net = nn.Sequential(
        nn.Linear(10, 48),
        nn.ReLU(),
        nn.Linear(48, 48),
        nn.ReLU(),
        nn.Linear(48, SETTINGS["classes"]),
    )
    opt = torch.optim.AdamW(net.parameters(), lr=SETTINGS["lr"], weight_decay=1e-2)
    for ep in range(SETTINGS["epochs"]):
        net.train()
        order = torch.randperm(len(xt))
        losses = []
        for ids in order.split(SETTINGS["batch"]):
            loss = nn.functional.cross_entropy(net(xt[ids]), yt[ids])
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        net.eval()
        with torch.no_grad():
            acc = (net(xv).argmax(1) == yv).float().mean().item()
        print(f"ep={ep} train={np.mean(losses):.4f} acc={acc:.4f}")


train()
