import resource

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(77)
rng = np.random.default_rng(77)


def patches(n):
    y = rng.integers(0, 3, n)
    k = np.arange(24)
    out = np.empty((n, 1, 24, 24), np.float32)
    for i, c in enumerate(y):
        f, ph = rng.uniform(0.8, 1.4), rng.uniform(0, 6.3)
        a = np.sin(f * k + ph)
        out[i, 0] = {
            0: a[:, None] + 0 * k,
            1: a[None] + 0 * k[:, None],
            2: np.sin(f * (k[:, None] + k) / 1.4 + ph),
        }[c]
    return torch.from_numpy(
        out + rng.normal(0, 1.6, out.shape).astype(np.float32)
    ), torch.from_numpy(y)


xt, yt = patches(800)
xv, yv = patches(600)

net = nn.Sequential(
    nn.Conv2d(1, 16, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(2),
    nn.Flatten(),
    nn.Linear(128, 3),
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
ce = nn.CrossEntropyLoss()
history = {"loss": [], "val_logits": [], "val_acc": []}


def evaluate():
    net.eval()
    return torch.cat([net(c) for c in xv.split(100)])


for epoch in range(15):
    net.train()
    for b in torch.randperm(800).split(40):
        opt.zero_grad()
        loss = ce(net(xt[b]), yt[b])
        loss.backward()
        opt.step()
        history["loss"].append(loss.item())
    logits = evaluate()
    history["val_logits"].append(logits)
    history["val_acc"].append((logits.argmax(1) == yv).float().mean().item())
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"epoch {epoch:2d} loss {np.mean(history['loss'][-20:]):.4f} val_acc {history['val_acc'][-1]:.4f} peak_rss {rss:.0f} MB"
    )

avg = torch.stack(history["val_logits"][-5:]).mean(0)
print("averaged last 5 epochs, val_acc", (avg.argmax(1) == yv).float().mean().item())
