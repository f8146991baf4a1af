import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
np.random.seed(0)

data = load_wine()
X_train, X_test, y_train, y_test = train_test_split(
    data.data, data.target, test_size=0.3, random_state=0, stratify=data.target
)

scaler = StandardScaler()
scaler.fit_transform(X_train)
scaler.transform(X_test)

train_ds = TensorDataset(torch.FloatTensor(X_train), torch.LongTensor(y_train))
train_dl = DataLoader(train_ds, batch_size=16, shuffle=True)
X_test_t, y_test_t = torch.FloatTensor(X_test), torch.LongTensor(y_test)

model = nn.Sequential(
    nn.Linear(13, 32),
    nn.ReLU(),
    nn.Linear(32, 16),
    nn.ReLU(),
    nn.Linear(16, 3),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-3)

for epoch in range(20):
    model.train()
    running, correct = 0.0, 0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        out = model(xb)
        loss = criterion(out, yb)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(xb)
        correct += (out.argmax(1) == yb).sum().item()
    model.eval()
    with torch.no_grad():
        out = model(X_test_t)
        val_loss = criterion(out, y_test_t).item()
        val_acc = (out.argmax(1) == y_test_t).float().mean().item()
    print(
        f"epoch {epoch + 1}: loss {running / len(train_ds):.4f} acc {correct / len(train_ds):.3f} "
        f"| val_loss {val_loss:.4f} val_acc {val_acc:.3f}"
    )
