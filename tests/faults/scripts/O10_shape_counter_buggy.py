import numpy as np
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import StepLR

CONFIG = dict(
    seed=4, n_train=900, n_val=300, size=16, batch_size=30, epochs=10, lr=0.05, step=4, gamma=0.3
)
torch.manual_seed(CONFIG["seed"])
np.random.seed(CONFIG["seed"])


def draw(kind, s):
    img = np.zeros((s, s), np.float32)
    r = np.random.randint(3, 6)
    cx, cy = np.random.randint(r, s - r, 2)
    yy, xx = np.mgrid[:s, :s]
    if kind == 0:
        img[(xx - cx) ** 2 + (yy - cy) ** 2 <= r * r] = 1
    elif kind == 1:
        img[(abs(xx - cx) <= r - 1) & (abs(yy - cy) <= r - 1)] = 1
    elif kind == 2:
        img[(abs(xx - cx) <= 1) & (abs(yy - cy) <= r)] = 1
        img[(abs(yy - cy) <= 1) & (abs(xx - cx) <= r)] = 1
    else:
        img[abs(xx - cx) + abs(yy - cy) <= r] = 1
    return img + 0.2 * np.random.randn(s, s)


def dataset(n):
    k = np.random.randint(0, 4, n)
    return torch.tensor(
        np.stack([draw(i, CONFIG["size"]) for i in k]), dtype=torch.float32
    ).unsqueeze(1), torch.tensor(k)


def build_model():
    return nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(12, 24, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(24 * 16, 4),
    )


def run():
    xt, yt = dataset(CONFIG["n_train"])
    xv, yv = dataset(CONFIG["n_val"])
    model = build_model()
    opt = torch.optim.SGD(model.parameters(), lr=CONFIG["lr"], momentum=0.9)
    sched = StepLR(opt, step_size=CONFIG["step"], gamma=CONFIG["gamma"])
    for epoch in range(CONFIG["epochs"]):
        model.train()
        for idx in torch.randperm(len(xt)).split(CONFIG["batch_size"]):
            loss = nn.functional.cross_entropy(model(xt[idx]), yt[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
            sched.step()
        model.eval()
        with torch.no_grad():
            acc = (model(xv).argmax(1) == yv).float().mean().item()
    return acc


if __name__ == "__main__":
    print("val_acc=", run())
