import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(100)


def get_loaders(bs=64):
    digits = load_digits()
    x = torch.from_numpy(digits.images).float().div(16).unsqueeze(1)
    y = torch.from_numpy(digits.target)
    ds = TensorDataset(x, y)
    tr, va = random_split(ds, [1397, 400], generator=torch.Generator().manual_seed(1))
    return DataLoader(tr, bs, shuffle=True, drop_last=True), DataLoader(va, 200)


class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU()
        )
        self.body = nn.Sequential(
            nn.Conv2d(32, 64, 3, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(64 * 16, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10)
        )

    def forward(self, x):
        return self.head(self.body(self.stem(x)))


train_loader, val_loader = get_loaders()
model = SmallCNN()
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
for epoch in range(10):
    model.train()
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in val_loader:
            hits += (model(x).argmax(1) == y).sum().item()
    print(
        f"epoch {epoch} train {total / len(train_loader):.4f} val acc {hits / len(val_loader.dataset):.4f}"
    )
