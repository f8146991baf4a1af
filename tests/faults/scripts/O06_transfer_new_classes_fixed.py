"""Pretrain on digits 0-4, then swap the head and fine-tune on digits 5-9."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class DigitCNN(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 12, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.head = nn.Sequential(nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, num_classes))

    def forward(self, x):
        return self.head(self.backbone(x))


def fit(model, optimizer, x, y, epochs, batch_size=32):
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for idx in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(idx)
        print(f"  epoch {epoch + 1}/{epochs} loss {total / len(x):.4f}")


@torch.no_grad()
def accuracy(model, x, y):
    model.eval()
    return (model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(6)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16 - 0.3
labels = torch.tensor(digits.target)
source = labels < 5
xs, ys = images[source], labels[source]
xt, yt = images[~source], labels[~source] - 5
perm = torch.randperm(len(xt))
xt, yt = xt[perm], yt[perm]
x_fine, y_fine, x_test, y_test = xt[:400], yt[:400], xt[400:], yt[400:]

model = DigitCNN(num_classes=5)
print("pretraining")
fit(model, torch.optim.Adam(model.parameters(), lr=3e-3), xs, ys, epochs=6)
print("source accuracy", accuracy(model, xs, ys))

for p in model.backbone.parameters():
    p.requires_grad = False
model.head = nn.Sequential(nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, 5))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for p in model.backbone[3].parameters():
    p.requires_grad = True
print("fine-tuning")
fit(model, optimizer, x_fine, y_fine, epochs=10)
print("target accuracy", accuracy(model, x_test, y_test))
