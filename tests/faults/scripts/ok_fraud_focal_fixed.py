import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
np.random.seed(0)

X, y = make_classification(
    4000, 16, n_informative=10, weights=[0.85], class_sep=1.4, flip_y=0.0, random_state=0
)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_val = scaler.transform(X_val)


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, alpha=0.75):
        super().__init__()
        self.gamma, self.alpha = gamma, alpha

    def forward(self, logits, target):
        bce = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        pt = torch.exp(-bce)
        w = self.alpha * target + (1 - self.alpha) * (1 - target)
        return (w * (1 - pt) ** self.gamma * bce).mean()


def t(a):
    return torch.tensor(a, dtype=torch.float32)


loader = DataLoader(TensorDataset(t(X_train), t(y_train)), batch_size=64, shuffle=True)
xv = t(X_val)
model = nn.Sequential(
    nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0)
)
criterion = FocalLoss()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(15):
    model.train()
    for xb, yb in loader:
        opt.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        prob = torch.sigmoid(model(xv)).numpy()
    print(
        f"epoch {epoch} f1 {f1_score(y_val, prob > 0.5):.3f} auc {roc_auc_score(y_val, prob):.4f}"
    )
