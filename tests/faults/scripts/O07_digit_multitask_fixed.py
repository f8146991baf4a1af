import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(0)
torch.manual_seed(0)

digits = load_digits()
X = digits.data.astype(np.float32) / 16.0
ink = X.mean(1)
Xtr, Xva, ytr, yva, itr, iva = train_test_split(
    X, digits.target, ink, test_size=0.2, random_state=1, stratify=digits.target
)
x_mean, x_std = Xtr.mean(), Xtr.std()
i_mean, i_std = itr.mean(), itr.std()
prep = lambda x, y, i: TensorDataset(
    torch.tensor((x - x_mean) / x_std), torch.tensor(y), torch.tensor((i - i_mean) / i_std)
)
train_loader = DataLoader(prep(Xtr, ytr, itr), batch_size=32, shuffle=True)
val_loader = DataLoader(prep(Xva, yva, iva), batch_size=120)


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.digit = nn.Linear(32, 10)
        self.ink = nn.Linear(32, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.digit(h), self.ink(h).squeeze(1)


def compute_losses(model, batch):
    x, y, i = batch
    logits, ink_hat = model(x)
    return [F.cross_entropy(logits, y), F.mse_loss(ink_hat, i)], logits


model = MultiTask()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(12):
    model.train()
    hist = []
    for batch in train_loader:
        losses, _ = compute_losses(model, batch)
        loss = torch.stack(losses).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hist.append([l.item() for l in losses])
    model.eval()
    correct, sq, n = 0, 0.0, 0
    with torch.no_grad():
        for batch in val_loader:
            losses, logits = compute_losses(model, batch)
            correct += (logits.argmax(1) == batch[1]).sum().item()
            sq += losses[1].item() * len(batch[1])
            n += len(batch[1])
    ce, mse = np.mean(hist, axis=0)
    print(
        f"epoch {epoch + 1} | train ce {ce:.4f} mse {mse:.4f} | val_ink_mse {sq / n:.4f} val_acc {correct / n:.4f}"
    )
