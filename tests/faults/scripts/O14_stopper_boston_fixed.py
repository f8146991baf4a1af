import copy

import torch
import torch.nn as nn
from sklearn.datasets import make_friedman3
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

torch.manual_seed(2)


class EarlyStopping:
    def __init__(self, patience=6, mode="max"):
        self.patience, self.sign = patience, 1 if mode == "max" else -1
        self.best, self.bad, self.state = -float("inf"), 0, None

    def step(self, value, model):
        v = self.sign * value
        if v > self.best:
            self.best, self.bad = v, 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


X, y = make_friedman3(1800, noise=0.05, random_state=4)
Xt, Xv, yt, yv = train_test_split(X, y, test_size=0.2, random_state=4)
sx, sy = StandardScaler().fit(Xt), StandardScaler().fit(yt[:, None])
f = lambda a: torch.tensor(a, dtype=torch.float32)
Xt, Xv, yt_s, yv_s = (
    f(sx.transform(Xt)),
    f(sx.transform(Xv)),
    f(sy.transform(yt[:, None])),
    f(sy.transform(yv[:, None])),
)

net = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
stopper = EarlyStopping(patience=6, mode="min")
for epoch in range(80):
    net.train()
    tl = 0.0
    for b in torch.randperm(len(Xt)).split(48):
        loss = nn.functional.mse_loss(net(Xt[b]), yt_s[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tl += loss.item() * len(b)
    net.eval()
    with torch.no_grad():
        vl = nn.functional.mse_loss(net(Xv), yv_s).item()
    print(f"epoch {epoch} train {tl / len(Xt):.4f} val {vl:.4f}")
    if stopper.step(vl, net):
        print("early stop at", epoch)
        break
net.load_state_dict(stopper.state)
net.eval()
with torch.no_grad():
    print(f"val r2 {r2_score(yv, sy.inverse_transform(net(Xv).numpy())[:, 0]):.4f}")
