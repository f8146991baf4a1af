import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

SEED = 21
MICRO_BATCH = 8
ACCUM_STEPS = 8
LR = 0.05
EPOCHS = 12


def get_loaders():
    d = load_digits()
    x_tr, x_va, y_tr, y_va = train_test_split(
        d.images[:, None], d.target, test_size=0.2, random_state=SEED, stratify=d.target
    )
    m, s = x_tr.mean(), x_tr.std()
    ds = [
        TensorDataset(torch.tensor((a - m) / s, dtype=torch.float32), torch.tensor(b))
        for a, b in ((x_tr, y_tr), (x_va, y_va))
    ]
    return DataLoader(ds[0], batch_size=MICRO_BATCH, shuffle=True, drop_last=True), DataLoader(
        ds[1], batch_size=120
    )


class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(128, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.net(x)


def train_epoch(model, loader, optimizer, loss_fn):
    model.train()
    total = 0.0
    n_full = len(loader) // ACCUM_STEPS * ACCUM_STEPS
    optimizer.zero_grad()
    for step, (x, y) in enumerate(loader):
        if step >= n_full:
            break
        loss = loss_fn(model(x), y)
        total += loss.item()
        loss.backward()
        if (step + 1) % ACCUM_STEPS == 0:
            optimizer.step()
            optimizer.zero_grad()
    return total / n_full


def evaluate(model, loader):
    model.eval()
    hits = n = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
            n += y.numel()
    return hits / n


if __name__ == "__main__":
    torch.manual_seed(SEED)
    train_loader, val_loader = get_loaders()
    model = SmallCNN()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(EPOCHS):
        loss = train_epoch(model, train_loader, optimizer, loss_fn)
        print(
            f"epoch {epoch + 1:2d}/{EPOCHS} loss {loss:.4f} train_acc {evaluate(model, train_loader):.4f} val_acc {evaluate(model, val_loader):.4f}"
        )
