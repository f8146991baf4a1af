import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.manual_seed(0)
X, y = make_classification(2500, 20, n_informative=10, n_classes=4, class_sep=1.5, random_state=0)
X_tr, X_va, y_tr, y_va = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
scaler = StandardScaler()
X_tr = torch.FloatTensor(scaler.fit_transform(X_tr))
X_va = torch.FloatTensor(scaler.transform(X_va))
y_tr = torch.LongTensor(y_tr)
y_va = torch.LongTensor(y_va)


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4)
        )

    def forward(self, x):
        return self.layers(x)


model = MLP()
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
crit = nn.CrossEntropyLoss()
for epoch in range(20):
    model.train()
    opt.zero_grad()
    losses = []
    for idx in torch.randperm(len(X_tr)).split(32):
        loss = crit(model(X_tr[idx]), y_tr[idx])
        loss.backward()
        opt.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        acc = (model(X_va).argmax(1) == y_va).float().mean().item()
    print(f"epoch {epoch:02d} loss {sum(losses) / len(losses):.4f} val_acc {acc:.4f}")
