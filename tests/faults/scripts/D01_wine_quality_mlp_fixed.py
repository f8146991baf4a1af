import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
np.random.seed(0)

# 1. load the data
wine = load_wine(as_frame=False)
features, target = wine.data, wine.target
print("features:", wine.feature_names)
print("shape:", features.shape, "classes:", np.bincount(target))

X_train, X_test, y_train, y_test = train_test_split(
    features, target, test_size=0.25, random_state=0, stratify=target
)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)

X_train = torch.tensor(X_train, dtype=torch.float32)
X_test = torch.tensor(X_test, dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.long)
y_test = torch.tensor(y_test, dtype=torch.long)


# 2. model
class WineNet(nn.Module):
    def __init__(self, in_features, num_classes):
        super().__init__()
        self.layer1 = nn.Linear(in_features, 32)
        self.layer2 = nn.Linear(32, 16)
        self.layer3 = nn.Linear(16, num_classes)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.layer1(x))
        x = self.relu(self.layer2(x))
        return self.layer3(x)


model = WineNet(X_train.shape[1], 3)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=16, shuffle=True)

# 3. train
num_epochs = 40
for epoch in range(num_epochs):
    model.train()
    epoch_loss = 0
    for xb, yb in train_loader:
        optimizer.zero_grad()
        output = model(xb)
        loss = criterion(output, yb)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() * xb.size(0)
    if (epoch + 1) % 10 == 0:
        print(f"Epoch [{epoch + 1}/{num_epochs}] loss: {epoch_loss / len(X_train):.4f}")

# 4. test
model.eval()
with torch.no_grad():
    predicted = model(X_test).argmax(dim=1)
    accuracy = (predicted == y_test).float().mean().item()
print("Test accuracy:", accuracy)
