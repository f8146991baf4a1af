import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

# semi-supervised node classification on a stochastic block model: 20 labelled nodes per class,
# the graph and features of all the nodes are known (transductive setting)
rng = np.random.default_rng(8)
torch.manual_seed(8)
N, C, D = 800, 4, 16
lab = rng.integers(0, C, N)
prob = np.where(lab[:, None] == lab[None], 0.03, 0.006)
upper = np.triu(rng.random((N, N)) < prob, 1)
A = torch.tensor((upper | upper.T).astype(np.float32))
centres = rng.normal(0, 0.5, (C, D))
X = torch.tensor(centres[lab] + rng.normal(0, 1.0, (N, D)), dtype=torch.float32)
y = torch.tensor(lab)

A_hat = A + torch.eye(N)
dinv = A_hat.sum(1).rsqrt()
A_norm = (dinv[:, None] * A_hat * dinv[None]).to_sparse()

train_idx, rest = [], []
for c in range(C):
    nodes = rng.permutation(np.flatnonzero(lab == c))
    train_idx.append(nodes[:20])
    rest.append(nodes[20:])
train_idx = torch.tensor(np.concatenate(train_idx))
rest = rng.permutation(np.concatenate(rest))
val_idx, test_idx = torch.tensor(rest[:300]), torch.tensor(rest[300:])


class GCN(nn.Module):
    def __init__(self, hid=32, p=0.5):
        super().__init__()
        self.l1, self.l2, self.p = nn.Linear(D, hid), nn.Linear(hid, C), p

    def forward(self, x, adj):
        x = F.dropout(x, self.p, self.training)
        x = F.relu(torch.sparse.mm(adj, self.l1(x)))
        x = F.dropout(x, self.p, self.training)
        return torch.sparse.mm(adj, self.l2(x))


gcn = GCN()
opt = torch.optim.Adam(
    [
        {"params": gcn.l1.parameters(), "weight_decay": 5e-3},
        {"params": gcn.l2.parameters(), "weight_decay": 0.0},
    ],
    lr=0.01,
)
best, wait, keep = 0.0, 0, None
for epoch in range(300):
    gcn.train()
    opt.zero_grad()
    loss = F.cross_entropy(gcn(X, A_norm)[train_idx], y[train_idx])
    loss.backward()
    opt.step()
    gcn.eval()
    with torch.no_grad():
        out = gcn(X, A_norm)
    vloss = F.cross_entropy(out[val_idx], y[val_idx]).item()
    acc = (out[val_idx].argmax(1) == y[val_idx]).float().mean().item()
    if acc > best:
        best, wait = acc, 0
        keep = {k: v.clone() for k, v in gcn.state_dict().items()}
    else:
        wait += 1
    if epoch % 10 == 0:
        print(f"{epoch:3d} train loss {loss.item():.3f}  val loss {vloss:.3f}  val acc {acc:.3f}")
    if wait >= 60:
        print("early stop at", epoch)
        break

gcn.load_state_dict(keep)
gcn.eval()
with torch.no_grad():
    p = gcn(X, A_norm).argmax(1)
print("best val acc %.3f, test acc %.3f" % (best, (p[test_idx] == y[test_idx]).float().mean()))
