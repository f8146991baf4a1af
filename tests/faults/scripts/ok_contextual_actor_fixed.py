import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(4)
W = torch.randn(6, 4, generator=torch.Generator().manual_seed(9))


def contexts(n, margin, gen):
    """states whose best action leads by at least `margin`"""
    out = []
    while sum(map(len, out)) < n:
        s = torch.randn(4 * n, 6, generator=gen)
        top = (s @ W).topk(2, 1).values
        out.append(s[top[:, 0] - top[:, 1] >= margin])
    return torch.cat(out)[:n]


def reward(s, a):
    return ((s @ W).argmax(1) == a).float()


actor = nn.Sequential(nn.Linear(6, 64), nn.Tanh(), nn.Linear(64, 4))
critic = nn.Sequential(nn.Linear(6, 64), nn.Tanh(), nn.Linear(64, 1))
opt_a = torch.optim.Adam(actor.parameters(), lr=3e-3)
opt_c = torch.optim.Adam(critic.parameters(), lr=5e-3)
gen = torch.Generator().manual_seed(1)
s_val = contexts(1000, 0.0, torch.Generator().manual_seed(2))
for epoch in range(30):
    margin = max(0.0, 1.5 - epoch / 10)
    actor.train()
    critic.train()
    al = cl = 0.0
    for _ in range(40):
        s = contexts(128, margin, gen)
        dist = torch.distributions.Categorical(logits=actor(s))
        a = dist.sample()
        r = reward(s, a)
        v = critic(s).squeeze(1)
        loss_c = F.mse_loss(v, r)
        loss_a = -(dist.log_prob(a) * (r - v).detach()).mean() - 0.005 * dist.entropy().mean()
        opt_a.zero_grad()
        loss_a.backward()
        opt_a.step()
        opt_c.zero_grad()
        loss_c.backward()
        opt_c.step()
        al += loss_a.item() / 40
        cl += loss_c.item() / 40
    actor.eval()
    with torch.no_grad():
        rv = reward(s_val, actor(s_val).argmax(1)).mean().item()
    print(f"epoch {epoch} margin {margin:.2f} actor {al:.4f} critic {cl:.4f} val_reward {rv:.4f}")
