import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

rng = np.random.default_rng(44)
torch.manual_seed(44)

U, I, D = 200, 150, 6
tu, ti = rng.normal(size=(U, D)), rng.normal(size=(I, D))
aff = tu @ ti.T + rng.normal(0, 0.5, (U, I))
liked = np.argsort(-aff, axis=1)[:, :40]

train_pairs, held = [], {}
for u in range(U):
    row = rng.permutation(liked[u])
    held[u] = row[:8]
    train_pairs += [(u, i) for i in row[8:]]
train_pairs = torch.tensor(train_pairs)
seen = torch.zeros(U, I, dtype=torch.bool)
seen[train_pairs[:, 0], train_pairs[:, 1]] = True


class MF(nn.Module):
    def __init__(self, n_users, n_items, dim=16):
        super().__init__()
        self.user = nn.Embedding(n_users, dim)
        self.item = nn.Embedding(n_items, dim)
        nn.init.normal_(self.user.weight, std=0.1)
        nn.init.normal_(self.item.weight, std=0.1)

    def forward(self, u, i):
        return (self.user(u) * self.item(i)).sum(-1)


@torch.no_grad()
def val_auc(m):
    s = m.user.weight @ m.item.weight.T
    out = []
    for u in range(U):
        pos = torch.as_tensor(held[u])
        neg_mask = ~seen[u].clone()
        neg_mask[pos] = False
        out.append((s[u, pos][:, None] > s[u, neg_mask][None]).float().mean())
    return torch.stack(out).mean().item()


model = MF(U, I)
opt = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=1e-4)
for epoch in range(12):
    losses = []
    for b in torch.randperm(len(train_pairs)).split(128):
        u, pos = train_pairs[b].T
        neg = torch.randint(0, I, (len(b),))
        while (clash := seen[u, neg]).any():
            neg[clash] = torch.randint(0, I, (int(clash.sum()),))
        margin = model(u, pos) - model(u, neg)
        loss = -F.logsigmoid(margin).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print(f"epoch {epoch:2d}  bpr {np.mean(losses):.4f}  val_auc {val_auc(model):.4f}")
