import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(20)

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32) / 8.0 - 1.0  # N x 8 x 8
labels = torch.tensor(digits.target)
dataset = TensorDataset(images, labels)
train_set, val_set = random_split(dataset, [1400, len(dataset) - 1400])
train_loader = DataLoader(train_set, batch_size=20, shuffle=True)
val_loader = DataLoader(val_set, batch_size=100)


class DigitMLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x).mean(dim=1)


model = DigitMLP()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(15):
    model.train()
    train_loss, train_hit = 0.0, 0
    for x, y in train_loader:
        optimizer.zero_grad()
        out = model(x)
        loss = criterion(out, y)
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * len(y)
        train_hit += (out.argmax(1) == y).sum().item()
    model.eval()
    val_hit = 0
    with torch.no_grad():
        for x, y in val_loader:
            val_hit += (model(x).argmax(1) == y).sum().item()
    val_acc = val_hit / len(val_set)
    print(
        f"Epoch {epoch + 1}: train loss {train_loss / len(train_set):.4f}, train acc {train_hit / len(train_set):.4f}, val acc {val_acc:.4f}"
    )

print(f"final val_acc: {val_acc:.4f}")
