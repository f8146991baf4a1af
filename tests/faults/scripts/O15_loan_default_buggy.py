import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(70)

X, y = make_classification(
    n_samples=1600,
    n_features=16,
    n_informative=8,
    n_redundant=2,
    n_clusters_per_class=2,
    class_sep=1.1,
    flip_y=0.02,
    random_state=70,
)
scaler = StandardScaler().fit(X)
X = torch.tensor(scaler.transform(X), dtype=torch.float32)
y = torch.tensor(y)
loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)

model = nn.Sequential(
    nn.Linear(16, 48),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(48, 24),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(24, 2),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)


@torch.no_grad()
def accuracy(inputs, targets):
    model.eval()
    return (model(inputs).argmax(1) == targets).float().mean().item()


for epoch in range(22):
    model.train()
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(yb)
    print(f"epoch {epoch + 1:02d} loss {total / len(y):.4f} train_acc {accuracy(X, y):.4f}")
