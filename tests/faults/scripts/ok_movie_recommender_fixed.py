# Matrix factorisation with biases, MovieLens-like ratings 1..5
import numpy as np
import torch
import torch.nn as nn

rng = np.random.RandomState(42)
torch.manual_seed(42)

n_users, n_items, k = 200, 120, 4
U = rng.randn(n_users, k) * 0.6
V = rng.randn(n_items, k) * 0.6
bu, bi = rng.randn(n_users) * 0.3, rng.randn(n_items) * 0.4
users = rng.randint(0, n_users, 12000)
items = rng.randint(0, n_items, 12000)
raw = 3.4 + bu[users] + bi[items] + (U[users] * V[items]).sum(1) * 1.2 + rng.randn(12000) * 0.3
ratings = np.clip(np.round(raw), 1, 5).astype(np.float32)

users, items, ratings = torch.tensor(users), torch.tensor(items), torch.tensor(ratings)
# the pairs are drawn at random, keep only the first rating of every pair
_, keep = np.unique(users.numpy() * n_items + items.numpy(), return_index=True)
keep = torch.from_numpy(rng.permutation(keep))
n_valid = len(keep) // 5
va, tr = keep[:n_valid], keep[n_valid:]


class MF(nn.Module):
    def __init__(self, n_users, n_items, dim, mean):
        super().__init__()
        self.user = nn.Embedding(n_users, dim)
        self.item = nn.Embedding(n_items, dim)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.register_buffer("mean", torch.tensor(mean))
        for e in (self.user, self.item):
            nn.init.normal_(e.weight, 0, 0.1)
        for e in (self.user_bias, self.item_bias):
            nn.init.zeros_(e.weight)

    def forward(self, u, i):
        dot = (self.user(u) * self.item(i)).sum(-1)
        return self.mean + dot + self.user_bias(u).squeeze(-1) + self.item_bias(i).squeeze(-1)


model = MF(n_users, n_items, 8, ratings[tr].mean().item())
opt = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-4)
mse = nn.MSELoss()

best = float("inf")
for epoch in range(14):
    model.train()
    order = tr[torch.randperm(len(tr))]
    for chunk in order.split(128):
        pred = model(users[chunk], items[chunk])
        loss = mse(pred, ratings[chunk])
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        rmse = mse(model(users[va], items[va]), ratings[va]).sqrt().item()
    if rmse < best:
        best, best_state = rmse, {n: p.clone() for n, p in model.state_dict().items()}
    print(epoch, "train mse", round(loss.item(), 3), "valid rmse", round(rmse, 4))

model.load_state_dict(best_state)
base = (ratings[va] - ratings[tr].mean()).pow(2).mean().sqrt().item()
print(f"mean-only rmse {base:.4f}  best model rmse {best:.4f}")
