import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

torch.manual_seed(29)
np.random.seed(29)
ACCUM, BATCH = 4, 4


def plate(defect):
    p = np.random.randn(12, 12) * 0.3
    if defect:
        r, c = np.random.randint(1, 8, 2)
        for k in range(4):
            p[r + k, c + k] += 1.8
    return p


y = (np.random.rand(900) < 0.12).astype(int)
x = np.stack([plate(v) for v in y]).astype(np.float32)[:, None]
i_tr, i_va = train_test_split(np.arange(900), test_size=0.33, stratify=y, random_state=0)
pos, neg = i_tr[y[i_tr] == 1], i_tr[y[i_tr] == 0]
pos = np.random.choice(pos, len(neg) // 2)
i_tr = np.concatenate([neg, pos])
X, Y = torch.from_numpy(x), torch.from_numpy(y).float()

net = nn.Sequential(
    nn.Conv2d(1, 8, 3),
    nn.GroupNorm(2, 8),
    nn.ReLU(),
    nn.Conv2d(8, 16, 3),
    nn.GroupNorm(4, 16),
    nn.ReLU(),
    nn.AdaptiveMaxPool2d(1),
    nn.Flatten(),
    nn.Linear(16, 1),
)
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(8):
    net.train()
    chunks = torch.from_numpy(np.random.permutation(i_tr)).split(BATCH)
    opt.zero_grad()
    for k, b in enumerate(chunks, 1):
        xb = X[b]
        if np.random.rand() < 0.5:
            xb = xb.transpose(2, 3)
        (F.binary_cross_entropy_with_logits(net(xb)[:, 0], Y[b]) / ACCUM).backward()
        if k % ACCUM == 0 or k == len(chunks):
            opt.step()
            opt.zero_grad()
net.eval()
with torch.no_grad():
    out = (net(X[i_va])[:, 0] > 0).int().numpy()
print("val_f1", f1_score(y[i_va], out))
