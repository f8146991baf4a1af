# predict pathway tags (multi label) from expression of 30 genes
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import f1_score

np.random.seed(42)
torch.manual_seed(42)

n_samples, n_genes, n_tags = 2000, 30, 8
expr = np.random.randn(n_samples, n_genes)
W1 = np.random.randn(n_genes, 12) / np.sqrt(n_genes)
W2 = np.random.randn(12, n_tags)
score = np.maximum(expr @ W1, 0) @ W2
tags = (score > np.median(score, axis=0)).astype("float32")
expr = (expr + 0.1 * np.random.randn(*expr.shape)).astype("float32")

x_tr = torch.tensor(expr[:1600])
t_tr = torch.tensor(tags[:1600])
x_va = torch.tensor(expr[1600:])
t_va = tags[1600:]

model = nn.Sequential(
    nn.Linear(n_genes, 64),
    nn.ReLU(),
    nn.Linear(64, 64),
    nn.ReLU(),
    nn.Linear(64, n_tags),
)


def init_weights(layer):
    if isinstance(layer, nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)


model.apply(init_weights)
loss_fn = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)

for epoch in range(35):
    model.train()
    perm = np.random.permutation(1600)
    for start in range(0, 1600, 32):
        batch = perm[start : start + 32]
        optimizer.zero_grad()
        loss = loss_fn(model(x_tr[batch]), t_tr[batch])
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        model.eval()
        with torch.no_grad():
            guess = (model(x_va) > 0).numpy()
        print("epoch", epoch + 1, "loss", round(loss.item(), 4))
        print("validation macro F1:", round(f1_score(t_va, guess, average="macro"), 4))
