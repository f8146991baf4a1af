import torch
from sklearn.datasets import make_classification
from sklearn.metrics import f1_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(102)


class FocalLoss(nn.Module):
    def __init__(self, alpha=0.6, gamma=2.0):
        super().__init__()
        self.alpha, self.gamma = alpha, gamma

    def forward(self, logits, target):
        bce = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        pt = torch.exp(-bce)
        a = self.alpha * target + (1 - self.alpha) * (1 - target)
        return (a * (1 - pt) ** self.gamma * bce).mean()


X, y = make_classification(
    3200,
    12,
    n_informative=8,
    n_redundant=0,
    weights=[0.7, 0.3],
    class_sep=1.6,
    flip_y=0.0,
    n_clusters_per_class=2,
    random_state=102,
)
X, y = torch.tensor(X).float(), torch.tensor(y).float()
X = (X - X[:2400].mean(0)) / X[:2400].std(0)
train = DataLoader(TensorDataset(X[:2400], y[:2400]), batch_size=80, shuffle=True)
net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
focal = FocalLoss()
for epoch in range(30):
    net.train()
    s = 0.0
    for a, b in train:
        loss = focal(net(a).squeeze(1), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item()
    net.eval()
    with torch.no_grad():
        pred = (net(X[2400:]).squeeze(1) > 0).long()
    print(f"epoch {epoch} loss {s / len(train):.5f} val f1 {f1_score(y[2400:].long(), pred):.4f}")
