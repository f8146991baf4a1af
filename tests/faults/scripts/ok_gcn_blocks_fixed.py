import numpy as np
import torch
import torch.nn.functional as F

g = np.random.default_rng(42)
torch.manual_seed(42)
n, c, d = 800, 4, 16
lab = g.integers(0, c, n)
same = lab[:, None] == lab[None, :]
A = np.triu(g.random((n, n)) < np.where(same, 0.03, 0.004), 1)
A = (A | A.T).astype(np.float32)
cent = g.normal(size=(c, d))
X = (cent[lab] * 0.5 + g.normal(size=(n, d))).astype(np.float32)

# symmetric normalisation with self loops, kept sparse
At = A + np.eye(n, dtype=np.float32)
dinv = 1 / np.sqrt(At.sum(1))
S = torch.from_numpy(dinv[:, None] * At * dinv[None, :]).to_sparse()
X, y = torch.from_numpy(X), torch.from_numpy(lab)

# 10 labelled nodes per class, 200 for validation
perm = g.permutation(n)
train = torch.from_numpy(np.concatenate([[i for i in perm if lab[i] == k][:10] for k in range(c)]))
rest = np.setdiff1d(perm, train.numpy())
valid = torch.from_numpy(g.permutation(rest)[:200])


def glorot(i, o):
    a = (6 / (i + o)) ** 0.5
    return torch.empty(i, o).uniform_(-a, a).requires_grad_()


W1, W2 = glorot(d, 32), glorot(32, c)
b1, b2 = torch.zeros(32, requires_grad=True), torch.zeros(c, requires_grad=True)
opt = torch.optim.Adam([{"params": [W1], "weight_decay": 5e-4}, {"params": [W2, b1, b2]}], lr=0.01)


def gcn(training):
    h = F.dropout(X, 0.5, training)
    h = torch.relu(torch.sparse.mm(S, h @ W1) + b1)
    h = F.dropout(h, 0.5, training)
    return torch.sparse.mm(S, h @ W2) + b2


for epoch in range(1, 201):
    out = gcn(True)
    loss = F.cross_entropy(out[train], y[train])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 20 == 0:
        with torch.no_grad():
            o = gcn(False)
            va = (o[valid].argmax(1) == y[valid]).float().mean().item()
            vl = F.cross_entropy(o[valid], y[valid]).item()
        print(f"epoch {epoch:3d} train_loss {loss.item():.3f} val_loss {vl:.3f} val_acc {va:.3f}")
print("val_acc %.3f (chance %.3f)" % (va, np.bincount(lab).max() / n))
