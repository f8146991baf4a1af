from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Config:
    seq_len: int = 20
    channels: int = 3
    hidden: int = 24
    classes: int = 5
    epochs: int = 18
    batch_size: int = 40
    lr: float = 4e-3
    seed: int = 8


cfg = Config()
g = torch.Generator().manual_seed(cfg.seed)
torch.manual_seed(cfg.seed)


def simulate(n):
    y = torch.randint(0, cfg.classes, (n,), generator=g)
    t = torch.linspace(0, 1, cfg.seq_len)
    freq = 1.0 + y.float()[:, None] * 0.6
    phase = torch.rand(n, 1, generator=g) * 6.28
    base = torch.sin(6.28 * freq * t + phase)
    shift = torch.sin(6.28 * freq * t + phase + 0.4 * y.float()[:, None])
    ramp = t * (y.float()[:, None] - 2) * 0.5
    x = torch.stack([base, shift, ramp.expand(n, -1)], -1)
    return x + 0.5 * torch.randn(x.shape, generator=g), y


class GestureNet(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.lstm = nn.LSTM(cfg.channels, cfg.hidden)
        self.head = nn.Sequential(
            nn.Linear(cfg.seq_len * cfg.hidden, 64), nn.ReLU(), nn.Linear(64, cfg.classes)
        )

    def forward(self, x):
        b = x.size(0)
        out, _ = self.lstm(x.permute(1, 0, 2))
        out = out.permute(1, 0, 2).reshape(b, -1)
        return self.head(out)


x_train, y_train = simulate(1600)
x_val, y_val = simulate(400)
model = GestureNet(cfg)
optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(cfg.epochs):
    model.train()
    running = 0.0
    for idx in torch.randperm(len(x_train)).split(cfg.batch_size):
        optimizer.zero_grad()
        loss = loss_fn(model(x_train[idx]), y_train[idx])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        running += loss.item() * len(idx)
    model.eval()
    with torch.no_grad():
        acc = (model(x_val).argmax(1) == y_val).float().mean().item()
    print(f"[{epoch:02d}] loss={running / len(x_train):.4f}")
    print(f"val_acc={acc:.4f}")
