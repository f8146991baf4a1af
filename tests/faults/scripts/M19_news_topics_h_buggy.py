import numpy as np
import torch
import torch.nn as nn

np.random.seed(0)
torch.manual_seed(0)

V, K, N = 300, 6, 2400
topics = np.random.dirichlet(np.full(V, 0.3), K)
background = np.random.dirichlet(np.full(V, 1.0))
y = np.random.randint(0, K, N)
X = np.stack(
    [
        np.random.multinomial(
            np.random.randint(30, 70),
            0.35 * topics[c] + 0.05 * topics[np.random.randint(K)] + 0.6 * background,
        )
        for c in y
    ]
).astype(np.float32)

tf = X / X.sum(1, keepdims=True)
idf = np.log(1800 / (1 + (X[:1800] > 0).sum(0)))
X = tf * idf
X = (X - X[:1800].mean(0)) / (X[:1800].std(0) + 1e-3)

KEEP_PROB = 0.9


class TopicNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(V, 64),
            nn.ReLU(),
            nn.Dropout(KEEP_PROB),
            nn.Linear(64, 32),
            nn.ReLU(),
            nn.Dropout(KEEP_PROB),
            nn.Linear(32, K),
        )

    def forward(self, x):
        return self.net(x)


X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y)
X_train, y_train, X_val, y_val = X[:1800], y[:1800], X[1800:], y[1800:]

model = TopicNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)

best = 0
for epoch in range(12):
    model.train()
    epoch_loss = 0
    perm = torch.randperm(1800)
    for i in range(0, 1800, 60):
        idx = perm[i : i + 60]
        optimizer.zero_grad()
        loss = criterion(model(X_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    model.eval()
    with torch.no_grad():
        acc = (model(X_val).argmax(1) == y_val).float().mean().item()
    best = max(best, acc)
    print(
        f"Epoch {epoch + 1:02d} | loss {epoch_loss / 30:.4f} | val_acc {acc:.4f} | best {best:.4f}"
    )
