"""Click prediction with a lot of irreducible noise (best possible accuracy about 0.70)."""

import numpy as np
import torch
import torch.nn as nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset


def impressions(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (n, 10)).astype(np.float32)
    logit = 0.8 * x[:, 0] - 0.7 * x[:, 1] * (x[:, 2] > 0) + 0.5 * x[:, 3]
    p = 1 / (1 + np.exp(-logit))
    clicked = (rng.random(n) < p).astype(np.float32)
    return x, clicked, ((p > 0.5) == clicked).mean()


torch.manual_seed(40)
x_tr, y_tr, _ = impressions(5000, 1)
x_va, y_va, ceiling = impressions(2000, 2)
x_va, y_va = torch.from_numpy(x_va), torch.from_numpy(y_va)
loader = DataLoader(
    TensorDataset(torch.from_numpy(x_tr), torch.from_numpy(y_tr)), batch_size=128, shuffle=True
)

net = nn.Sequential(
    nn.Linear(10, 32),
    nn.ReLU(),
    nn.Dropout(0.1),
    nn.Linear(32, 16),
    nn.ReLU(),
    nn.Linear(16, 1),
    nn.Flatten(0),
)
ema = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.98))
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.05)
criterion = nn.BCEWithLogitsLoss()


@torch.no_grad()
def evaluate(model):
    model.eval()
    out = model(x_va)
    return criterion(out, y_va).item(), ((out > 0).float() == y_va).float().mean().item()


for epoch in range(10):
    net.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        ema.update_parameters(net)
        total += loss.item() * len(x)
    print(
        "epoch",
        epoch + 1,
        "train %.4f" % (total / len(y_tr)),
        "valid %.4f acc %.4f" % evaluate(net),
        "| ema %.4f acc %.4f" % evaluate(ema),
    )
print(
    "best possible %.4f, majority %.4f, ema model %.4f"
    % (ceiling, max(y_va.mean(), 1 - y_va.mean()), evaluate(ema)[1])
)
