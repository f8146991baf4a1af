import torch
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(9)
d = load_breast_cancer()
xt, xv, yt, yv = train_test_split(
    d.data, d.target, test_size=0.3, stratify=d.target, random_state=9
)
mean, std = xt.mean(0), xt.std(0)
xt, xv = (torch.tensor((a - mean) / std, dtype=torch.float32) for a in (xt, xv))
yt, yv = torch.tensor(yt).float(), torch.tensor(yv).float()

net = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 1))
# 398 rows only: every step sees all of them
opt = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=0.5)
pos_weight = (yt == 0).sum() / (yt == 1).sum()
crit = nn.BCEWithLogitsLoss(pos_weight=pos_weight)
for epoch in range(200):
    net.train()
    opt.zero_grad()
    loss = crit(net(xt).squeeze(1), yt)
    loss.backward()
    opt.step()
    if epoch % 10 == 9:
        net.eval()
        with torch.no_grad():
            z = net(xv).squeeze(1)
        print(
            f"epoch {epoch + 1} loss {loss.item():.4f} val loss {crit(z, yv).item():.4f} "
            f"val auc {roc_auc_score(yv, z):.4f} val acc {((z > 0) == (yv > 0.5)).float().mean():.4f}"
        )
