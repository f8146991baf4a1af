# Leaf species from shape descriptors
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(5)
torch.manual_seed(5)

NUM_TRAIN = 60
EPOCHS = 25

X, y = make_classification(
    n_samples=3000,
    n_features=20,
    n_informative=10,
    n_redundant=4,
    n_classes=5,
    n_clusters_per_class=2,
    class_sep=1.4,
    random_state=5,
)
X = (X - X.mean(0)) / X.std(0)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
train_ds = TensorDataset(X[:NUM_TRAIN], y[:NUM_TRAIN])
test_x, test_y = X[2000:], y[2000:]
train_dl = DataLoader(train_ds, batch_size=32, shuffle=True)

model = nn.Sequential(
    nn.Linear(20, 64),
    nn.ReLU(),
    nn.Dropout(0.1),
    nn.Linear(64, 64),
    nn.ReLU(),
    nn.Linear(64, 5),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-4)

for epoch in range(EPOCHS):
    model.train()
    correct, seen, loss_sum = 0, 0, 0.0
    for xb, yb in train_dl:
        out = model(xb)
        loss = criterion(out, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(yb)
        correct += (out.argmax(1) == yb).sum().item()
        seen += len(yb)
    model.eval()
    with torch.no_grad():
        out = model(test_x)
        test_loss = criterion(out, test_y).item()
        test_acc = (out.argmax(1) == test_y).float().mean().item()
    if epoch % 4 == 0:
        print(
            f"epoch {epoch}: train loss {loss_sum / seen:.3f} acc {correct / seen:.3f} | test loss {test_loss:.3f} acc {test_acc:.3f}"
        )
print("test accuracy", test_acc)
