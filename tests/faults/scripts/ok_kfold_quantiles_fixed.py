import copy

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold, train_test_split
from torch import nn

QS = torch.tensor([0.1, 0.5, 0.9])


def pinball(pred, y):
    e = y[:, None] - pred
    return torch.maximum(QS * e, (QS - 1) * e).mean()


class QNet(nn.Module):
    """non-crossing: median plus softplus offsets"""

    def __init__(self, d):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, 32), nn.ELU(), nn.Dropout(0.2))
        self.out = nn.Linear(32, 3)

    def forward(self, x):
        lo, mid, hi = self.out(self.body(x)).unbind(1)
        return torch.stack(
            [mid - nn.functional.softplus(lo), mid, mid + nn.functional.softplus(hi)], 1
        )


def fit(x, y, seed):
    torch.manual_seed(seed)
    i, j = train_test_split(
        np.arange(len(x)), test_size=0.2, random_state=seed
    )  # inner split drives stopping
    mx, sx, my, sy = x[i].mean(0), x[i].std(0), y[i].mean(), y[i].std()
    tt = lambda a: torch.tensor(a, dtype=torch.float32)
    xi, xj, yi, yj = (
        tt((x[i] - mx) / sx),
        tt((x[j] - mx) / sx),
        tt((y[i] - my) / sy),
        tt((y[j] - my) / sy),
    )
    net = QNet(x.shape[1])
    opt = torch.optim.Adam(net.parameters(), 3e-3)
    best, best_state, wait = np.inf, None, 0
    for ep in range(200):
        net.train()
        for b in torch.randperm(len(xi)).split(32):
            opt.zero_grad()
            pinball(net(xi[b]), yi[b]).backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            v = pinball(net(xj), yj).item()
        if v < best - 1e-4:
            best, best_state, wait = v, copy.deepcopy(net.state_dict()), 0
        else:
            wait += 1
            if wait == 15:
                break
    net.load_state_dict(best_state)
    net.eval()
    print(f"   stopped after {ep + 1} epochs, inner pinball {best:.4f}")

    def predict(z):
        with torch.no_grad():
            return net(tt((z - mx) / sx)) * sy + my

    return predict


X, Y = load_diabetes(return_X_y=True)
oof = np.zeros((len(Y), 3), dtype=np.float32)
ref = np.zeros_like(oof)
for k, (tr, te) in enumerate(KFold(5, shuffle=True, random_state=0).split(X)):
    print("fold", k)
    oof[te] = fit(X[tr], Y[tr], k)(X[te]).numpy()
    ref[te] = np.quantile(Y[tr], QS.numpy())
    print(
        "   fold pinball %.3f, unconditional %.3f"
        % (
            pinball(torch.tensor(oof[te]), torch.tensor(Y[te])),
            pinball(torch.tensor(ref[te]), torch.tensor(Y[te])),
        )
    )

Yt = torch.tensor(Y, dtype=torch.float32)
a, b = pinball(torch.tensor(oof), Yt).item(), pinball(torch.tensor(ref), Yt).item()
cov = ((Y >= oof[:, 0]) & (Y <= oof[:, 2])).mean()
print(f"coverage of 80% interval: {cov:.3f}")
print(f"out-of-fold pinball {a:.3f}  baseline {b:.3f}  skill {1 - a / b:.3f}")
