# Predicting (made-up) flat prices in euros. Targets are hundreds of thousands,
# so I standardise them myself and report the error in euros.
import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(3)
n = 3000
area = rng.gamma(9, 9, n) + 15
rooms = np.clip(np.round(area / 25 + rng.normal(0, 0.6, n)), 1, 8)
age = rng.integers(0, 110, n)
dist = rng.exponential(5, n)
lift = rng.integers(0, 2, n)
floor = rng.integers(0, 9, n)
price = (
    area * (5200 * np.exp(-dist / 14) + 900) * (1 - 0.0028 * age)
    + 9000 * rooms
    + 4000 * floor * (lift - 0.4)
)
price = price * np.exp(rng.normal(0, 0.07, n))
X = np.stack([area, rooms, age, dist, lift, floor], 1).astype("float32")
Y = price.astype("float32")[:, None]

idx = rng.permutation(n)
tr, va = idx[:2400], idx[2400:]
mx, sx = X[tr].mean(0), X[tr].std(0)
my, sy = Y[tr].mean(), Y[tr].std()
Xtr = torch.from_numpy((X[tr] - mx) / sx)
Xva = torch.from_numpy((X[va] - mx) / sx)
Ytr = torch.from_numpy((Y[tr] - my) / sy)
Yva_eur = Y[va]

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(6, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=6)
huber = nn.SmoothL1Loss(beta=0.5)

print("median baseline MAE: %.0f EUR" % np.abs(Yva_eur - np.median(Y[tr])).mean())
for epoch in range(60):
    net.train()
    perm = torch.randperm(len(Xtr))
    for i in range(0, len(perm), 64):
        b = perm[i : i + 64]
        loss = huber(net(Xtr[b]), Ytr[b])
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
    net.eval()
    with torch.no_grad():
        pred = net(Xva).numpy() * sy + my
    mae = np.abs(pred - Yva_eur).mean()
    r2 = 1 - ((pred - Yva_eur) ** 2).sum() / ((Yva_eur - Yva_eur.mean()) ** 2).sum()
    sched.step(mae)
    if epoch % 5 == 4:
        print(
            f"epoch {epoch + 1}: val MAE {mae:,.0f} EUR  val R2 {r2:.4f}  lr {opt.param_groups[0]['lr']:.1e}"
        )
