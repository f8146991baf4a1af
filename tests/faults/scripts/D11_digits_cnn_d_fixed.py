import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
idx_train, idx_val = train_test_split(
    range(len(labels)), test_size=0.25, stratify=digits.target, random_state=0
)

train_loader = DataLoader(
    TensorDataset(images[idx_train], labels[idx_train]), batch_size=32, shuffle=True
)
val_loader = DataLoader(TensorDataset(images[idx_val], labels[idx_val]), batch_size=256)


class SmallCNN(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.fc = nn.Linear(2 * width * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


model = SmallCNN()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
EPOCHS = 20


def run_epoch(loader, train):
    model.train(train)
    loss_sum = hits = n = 0
    with torch.set_grad_enabled(train):
        for xb, yb in loader:
            logits = model(xb)
            loss = F.cross_entropy(logits, yb)
            if train:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss_sum += loss.item() * len(yb)
            hits += (logits.argmax(1) == yb).sum().item()
            n += len(yb)
    return loss_sum / n, hits / n


for epoch in range(EPOCHS):
    tl, ta = run_epoch(train_loader, True)
    vl, va = run_epoch(val_loader, False)
    print(f"{epoch:3d} train {tl:.3f}/{ta:.3f}  val {vl:.3f}/{va:.3f}")
