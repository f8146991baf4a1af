import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

device = "cpu"
torch.manual_seed(99)

X, y = make_classification(
    n_samples=2000,
    n_features=20,
    n_informative=12,
    n_redundant=4,
    n_classes=6,
    n_clusters_per_class=1,
    class_sep=1.8,
    flip_y=0.0,
    random_state=8,
)
X_tr, X_va, y_tr, y_va = train_test_split(X, y, test_size=0.2, random_state=8, stratify=y)
sc = StandardScaler()
X_tr, X_va = sc.fit_transform(X_tr), sc.transform(X_va)
train_ds = TensorDataset(torch.tensor(X_tr).float(), torch.tensor(y_tr))
val_ds = TensorDataset(torch.tensor(X_va).float(), torch.tensor(y_va))
train_loader = DataLoader(train_ds, batch_size=32, shuffle=True)
val_loader = DataLoader(val_ds, batch_size=200)


class GestureNet(nn.Module):
    def __init__(self, n_in=20, n_hidden=48, n_out=6):
        super().__init__()
        self.fc1 = nn.Linear(n_in, n_hidden)
        self.fc2 = nn.Linear(n_hidden, n_hidden)
        self.fc3 = nn.Linear(n_hidden, n_out)
        self.act = nn.LeakyReLU(0.1)

    def forward(self, x):
        x = self.act(self.fc1(x))
        x = self.act(self.fc2(x))
        return self.fc3(x)


net = GestureNet().to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.004, momentum=0.9, weight_decay=1e-4)

for epoch in range(12):
    net.train()
    train_loss, train_hits = 0.0, 0
    for inputs, targets in train_loader:
        inputs, targets = inputs.to(device), targets.to(device)
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * inputs.size(0)
        train_hits += (outputs.argmax(1) == targets).sum().item()
    net.eval()
    val_loss, val_hits = 0.0, 0
    with torch.no_grad():
        for inputs, targets in val_loader:
            outputs = net(inputs.to(device))
            val_loss += criterion(outputs, targets.to(device)).item() * len(targets)
            val_hits += (outputs.argmax(1) == targets).sum().item()
    print(
        "Epoch %d | train_loss %.4f train_acc %.3f | val_loss %.4f val_acc %.4f"
        % (
            epoch + 1,
            train_loss / len(train_ds),
            train_hits / len(train_ds),
            val_loss / len(val_ds),
            val_hits / len(val_ds),
        )
    )
