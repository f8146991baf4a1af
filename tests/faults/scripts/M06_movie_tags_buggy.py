import numpy as np
import torch
from sklearn.metrics import f1_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(6)

rng = np.random.default_rng(6)
X = rng.normal(size=(2000, 40))  # plot descriptors
taste = rng.normal(size=(40, 12)) / 40**0.5
Y = (X @ taste + 0.1 * rng.normal(size=(2000, 12)) > 0.5).astype(np.float32)
ds = TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(Y, dtype=torch.float32))
train_ds, val_ds = random_split(ds, [1600, 400], generator=torch.Generator().manual_seed(6))
mean = train_ds[:][0].mean(0)
train_dl = DataLoader(train_ds, batch_size=50, shuffle=True)
val_dl = DataLoader(val_ds, batch_size=200)


class Tagger(nn.Module):
    def __init__(self, mean):
        super().__init__()
        self.register_buffer("mean", mean)
        self.body = nn.Sequential(nn.Linear(40, 64), nn.ReLU(), nn.Dropout(0.2))
        self.head = nn.Linear(64, 12)

    def forward(self, x):
        return self.head(self.body(x - self.mean))


tagger = Tagger(mean)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(tagger.parameters(), lr=3e-3)

for epoch in range(20):
    tagger.train()
    running = 0.0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        loss = criterion(tagger(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item()
    tagger.eval()
    P, T = [], []
    with torch.no_grad():
        for xb, yb in val_dl:
            P.append((torch.sigmoid(tagger(xb)) > 0.5).int())
            T.append(yb.int())
    f1 = f1_score(torch.cat(T), torch.cat(P), average="macro")
    print(f"epoch {epoch + 1}: loss {running / len(train_dl):.4f}, val macro-F1 {f1:.4f}")
