import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(1)


def read_images():
    d = load_digits()
    imgs = d.images.astype("float32") / 16
    return imgs, d.target


class DigitDataset(Dataset):
    def __init__(self, images, labels):
        self.images = images
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, idx):
        img = torch.from_numpy(self.images[idx]).unsqueeze(0)
        return img, int(self.labels[idx])


imgs, labels = read_images()
xi, xv, yi, yv = train_test_split(imgs, labels, test_size=0.2, random_state=3, stratify=labels)
train_loader = DataLoader(DigitDataset(xi, yi), batch_size=32, shuffle=True)
val_loader = DataLoader(DigitDataset(xv, yv), batch_size=128)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(32 * 16, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

num_epochs = 10
for epoch in range(num_epochs):
    model.train()
    running_loss = 0.0
    for images, targets in train_loader:
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, targets in val_loader:
            pred = model(images).argmax(dim=1)
            correct += (pred == targets).sum().item()
            total += targets.size(0)
    print(
        f"Epoch {epoch + 1}/{num_epochs} loss: {running_loss / len(train_loader):.4f} val accuracy: {correct / total:.4f}"
    )
