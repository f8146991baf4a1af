# Count class of round cells in a picture, CNN + StepLR
import numpy as np
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset


class Cells(Dataset):
    def __init__(self, n, seed, size=18):
        rng = np.random.default_rng(seed)
        self.y = rng.integers(0, 3, n)
        yy, xx = np.mgrid[:size, :size]
        self.x = rng.normal(0, 0.15, (n, 1, size, size)).astype(np.float32)
        for i, k in enumerate(self.y):
            for _ in range([1, 3, 5][k]):
                cx, cy, r = (
                    rng.uniform(3, size - 3),
                    rng.uniform(3, size - 3),
                    rng.uniform(1.5, 2.5),
                )
                ring = np.exp(-(((np.hypot(xx - cx, yy - cy) - r) / 0.7) ** 2))
                self.x[i, 0] = np.maximum(self.x[i, 0], ring)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]), int(self.y[i])


class CellNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.fc = nn.Sequential(nn.Linear(24 * 16, 48), nn.ReLU(), nn.Linear(48, 3))

    def forward(self, x):
        return self.fc(torch.flatten(self.conv(x), 1))


def main():
    torch.manual_seed(33)
    train_loader = DataLoader(Cells(1000, 1), batch_size=25, shuffle=True)
    test_loader = DataLoader(Cells(300, 2), batch_size=100)
    model = CellNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = StepLR(optimizer, step_size=5, gamma=0.2)
    for epoch in range(12):
        model.train()
        total = 0.0
        for images, counts in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), counts)
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item()
        model.eval()
        correct = 0
        with torch.no_grad():
            for images, counts in test_loader:
                correct += (model(images).argmax(1) == counts).sum().item()
        print(
            f"epoch {epoch + 1:2d} loss {total / len(train_loader):.4f} test acc {correct / 300:.4f}"
        )
    print("accuracy", correct / 300)


main()
