import torch
from sklearn.datasets import make_blobs
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(31)
ACCUM = 16
MICRO_BATCH = 50

X, y = make_blobs(n_samples=800, n_features=12, centers=6, cluster_std=5.0, random_state=31)
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y)
X_train, y_train, X_val, y_val = X[:600], y[:600], X[600:], y[600:]
mu, sigma = X_train.mean(0), X_train.std(0)
X_train, X_val = (X_train - mu) / sigma, (X_val - mu) / sigma
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=MICRO_BATCH, shuffle=True)

model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 6))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(40):
    model.train()
    optimizer.zero_grad()
    loss_sum = 0.0
    for i, (xb, yb) in enumerate(loader):
        loss = criterion(model(xb), yb) / ACCUM
        loss.backward()
        loss_sum += loss.item() * ACCUM
        if (i + 1) % ACCUM == 0:
            optimizer.step()
            optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        logits = model(X_val)
        val_loss = criterion(logits, y_val).item()
        val_acc = (logits.argmax(1) == y_val).float().mean().item()
    print(
        f"epoch {epoch:02d} loss {loss_sum / len(loader):.4f} val_loss {val_loss:.4f} val_acc {val_acc:.4f}"
    )
