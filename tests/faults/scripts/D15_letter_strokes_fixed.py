"""SGD on handwritten digits read class by class from disk."""

import os
import tempfile

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


def export(folder):
    """Write one .npz file per class, as the download script does."""
    data = load_digits()
    for c in range(10):
        np.savez(
            os.path.join(folder, f"class_{c}.npz"),
            images=data.images[data.target == c].astype(np.float32),
        )


class FolderDigits(Dataset):
    def __init__(self, folder, part):
        self.items = []
        for c, name in enumerate(sorted(os.listdir(folder))):
            images = np.load(os.path.join(folder, name))["images"] / 8.0 - 1.0
            cut = int(0.8 * len(images))
            chosen = images[:cut] if part == "train" else images[cut:]
            self.items += [(img, c) for img in chosen]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        img, c = self.items[i]
        return torch.from_numpy(img).reshape(-1), c


folder = tempfile.mkdtemp()
export(folder)
torch.manual_seed(4)
train_set, test_set = FolderDigits(folder, "train"), FolderDigits(folder, "test")
train_loader = DataLoader(train_set, batch_size=32, shuffle=True, num_workers=0)
test_loader = DataLoader(test_set, batch_size=128, num_workers=0)

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

for epoch in range(10):
    model.train()
    losses = []
    for images, labels in train_loader:
        loss = criterion(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    print(f"epoch {epoch + 1} loss {np.mean(losses):.3f} test acc {correct / len(test_set):.3f}")
print("accuracy", correct / len(test_set))
