import numpy as np
import torch
import torch.nn as nn
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

torch.manual_seed(1)


def read_table(n=1500):
    r = np.random.default_rng(3)
    temp = r.normal(20, 5, n)
    rain = r.gamma(4, 20, n)
    soil = r.uniform(0, 1, n)
    yld = 6 * np.sin(temp / 4) + 0.02 * rain + 3 * soil * (rain > 80) + r.normal(0, 0.3, n)
    tab = np.c_[temp, rain, soil, yld]
    return tab[np.argsort(tab[:, 0])]


tab = read_table()
X, y = tab[:, :3], tab[:, 3:]
Xt, Xv, yt, yv = train_test_split(X, y, test_size=0.2, shuffle=False)
sx, sy = StandardScaler().fit(Xt), StandardScaler().fit(yt)
Xt, Xv, yt, yv = [
    torch.tensor(s.transform(a)).float() for s, a in ((sx, Xt), (sx, Xv), (sy, yt), (sy, yv))
]

model = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
mse = nn.MSELoss()
for epoch in range(40):
    model.train()
    s = 0
    for b in torch.randperm(len(Xt)).split(64):
        optimizer.zero_grad()
        l = mse(model(Xt[b]), yt[b])
        l.backward()
        optimizer.step()
        s += l.item() * len(b)
    model.eval()
    with torch.no_grad():
        v = mse(model(Xv), yv)
    print(
        f"{epoch} train {s / len(Xt):.4f} val {v.item():.4f} r2 {(1 - v / yv.var(unbiased=False)).item():.4f}"
    )
