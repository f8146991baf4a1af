import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(123)


class DeepNet(nn.Module):
    """Fully connected net with `depth` hidden layers."""

    def __init__(self, n_in, n_out, width=64, depth=5):
        super().__init__()
        layers = [nn.Linear(n_in, width), nn.Sigmoid()]
        for _ in range(depth - 1):
            layers.append(nn.Linear(width, width))
            layers.append(nn.Sigmoid())
        layers.append(nn.Linear(width, n_out))
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


X, y = load_digits(return_X_y=True)
X = (X - X.mean()) / X.std()
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=123)
train_ds = TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train))
val_ds = TensorDataset(torch.tensor(X_val).float(), torch.tensor(y_val))
train_dl = DataLoader(train_ds, batch_size=32, shuffle=True)
val_dl = DataLoader(val_ds, batch_size=len(val_ds))

model = DeepNet(64, 10)
print(model)
loss_func = nn.CrossEntropyLoss()
opt = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)

epochs = 18
for epoch in range(epochs):
    model.train()
    train_loss, seen = 0.0, 0
    for xb, yb in train_dl:
        pred = model(xb)
        loss = loss_func(pred, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        train_loss += loss.item() * len(xb)
        seen += len(xb)
    model.eval()
    with torch.no_grad():
        for xb, yb in val_dl:
            pred = model(xb)
            val_loss = loss_func(pred, yb).item()
            val_acc = (pred.argmax(1) == yb).float().mean().item()
    print(
        f"Epoch {epoch + 1}/{epochs} - loss: {train_loss / seen:.4f} - val_loss: {val_loss:.4f} - val_acc: {val_acc:.4f}"
    )
print("val accuracy", val_acc)
