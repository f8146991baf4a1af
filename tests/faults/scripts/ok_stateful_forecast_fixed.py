"""
One-step-ahead forecasting of 8 related hourly series with a stateful LSTM (truncated BPTT).
Chunks are visited in time order and the state is carried over, so there is no shuffling.
"""

import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(123)
torch.manual_seed(123)

T, S = 2400, 8
t = np.arange(T)
Y = []
for s in range(S):
    ph = rng.uniform(0, 24)
    e = np.zeros(T)
    for i in range(1, T):
        e[i] = 0.8 * e[i - 1] + rng.normal(0, 0.25)
    y = 50 * (1 + s) + (8 + 2 * s) * (
        np.sin(2 * np.pi * (t + ph) / 24)
        + 0.5 * np.sin(4 * np.pi * (t + ph) / 24)
        + 0.4 * np.sin(2 * np.pi * t / 168)
        + e
    )
    Y.append(y)
Y = np.stack(Y)  # S, T
cut = int(0.8 * T)
mu, sd = Y[:, :cut].mean(1, keepdims=True), Y[:, :cut].std(1, keepdims=True)
Z = torch.tensor((Y - mu) / sd, dtype=torch.float32)[..., None]


class Stateful(nn.Module):
    def __init__(self, h=40):
        super().__init__()
        self.lstm = nn.LSTM(1, h, batch_first=True)
        self.head = nn.Linear(h, 1)

    def forward(self, x, state=None):
        o, state = self.lstm(x, state)
        return x + self.head(o), state  # predicts the increment


model = Stateful()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
sch = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9)
CH = 48
for ep in range(20):
    model.train()
    state, run = None, []
    for i in range(0, cut - 1, CH):
        j = min(i + CH, cut - 1)
        x, y = Z[:, i:j], Z[:, i + 1 : j + 1]
        pred, state = model(x, state)
        state = tuple(h.detach() for h in state)
        loss = nn.functional.mse_loss(pred, y)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        run.append(loss.item())
    sch.step()
    model.eval()
    with torch.no_grad():
        _, st = model(Z[:, : cut - 1])  # warm the state up on history
        pv, _ = model(Z[:, cut - 1 : -1], st)
        target = Z[:, cut:]
        v = (pv - target).abs().mean().item()
        naive = (Z[:, cut - 1 : -1] - target).abs().mean().item()
    if ep % 2 == 1:
        print(
            f"pass {ep + 1:2d}  train mse {np.mean(run):.4f}  val mae {v:.4f}  persistence mae {naive:.4f}  ratio {v / naive:.3f}"
        )
print("val MASE", round(v / naive, 4))
