"""Recommender: biased matrix factorisation, user side and item side updated in turns."""

import torch

g = torch.Generator().manual_seed(42)
U, I, R = 300, 200, 4
true_u, true_i = torch.randn(U, R, generator=g), torch.randn(I, R, generator=g)
bu, bi = 0.4 * torch.randn(U, generator=g), 0.5 * torch.randn(I, generator=g)
score = (
    3.4 + bu[:, None] + bi[None] + 0.45 * true_u @ true_i.T + 0.3 * torch.randn(U, I, generator=g)
)
score = score.clamp(1, 5)
seen = torch.rand(U, I, generator=g) < 0.25
pairs = seen.nonzero()
pairs = pairs[torch.randperm(len(pairs), generator=g)]
cut = int(0.85 * len(pairs))
train, valid = pairs[:cut], pairs[cut:]
r_train, r_valid = score[train[:, 0], train[:, 1]], score[valid[:, 0], valid[:, 1]]
mean = r_train.mean()

torch.manual_seed(0)
P = torch.nn.Embedding(U, 6)
Q = torch.nn.Embedding(I, 6)
pb = torch.nn.Embedding(U, 1)
qb = torch.nn.Embedding(I, 1)
for e in (P, Q):
    torch.nn.init.normal_(e.weight, std=0.1)
for e in (pb, qb):
    torch.nn.init.zeros_(e.weight)

user_params = [P.weight, pb.weight]
item_params = [Q.weight, qb.weight]
opt_user = torch.optim.Adam(user_params, lr=0.02)
opt_item = torch.optim.Adam(item_params, lr=0.02)


def predict(p):
    u, i = p[:, 0], p[:, 1]
    return mean + pb(u).squeeze(1) + qb(i).squeeze(1) + (P(u) * Q(i)).sum(1)


def objective(p, r):
    u, i = p[:, 0], p[:, 1]
    err = (predict(p) - r).pow(2).mean()
    reg = P(u).pow(2).sum(1).mean() + Q(i).pow(2).sum(1).mean()
    return err + 0.03 * reg


def set_grad(params, flag):
    for p in params:
        p.requires_grad_(flag)


print("global mean RMSE %.4f" % (r_valid - mean).pow(2).mean().sqrt())
for epoch in range(20):
    users_turn = epoch % 2 == 0
    set_grad(user_params, users_turn)
    set_grad(item_params, not users_turn)
    opt = opt_user if users_turn else opt_item
    tot = 0.0
    order = torch.randperm(len(train))
    for b in order.split(256):
        opt.zero_grad()
        loss = objective(train[b], r_train[b])
        loss.backward()
        opt.step()
        tot += loss.item() * len(b)
    with torch.no_grad():
        rmse = (predict(valid).clamp(1, 5) - r_valid).pow(2).mean().sqrt()
    print(
        f"sweep {epoch:2d} ({'users' if users_turn else 'items'}) objective {tot / len(train):.4f} val_rmse {rmse:.4f}"
    )
