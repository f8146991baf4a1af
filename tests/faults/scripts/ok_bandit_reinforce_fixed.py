"""Contextual bandit on digits: the agent only sees reward for the action that it tried (REINFORCE with a learned baseline)."""

import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(21)
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32) / 8 - 1, torch.tensor(y)
perm = torch.randperm(len(X))
pool, held = perm[:1400], perm[1400:]

policy = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
critic = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
opt_pi = torch.optim.Adam(policy.parameters(), lr=2e-3)
opt_v = torch.optim.Adam(critic.parameters(), lr=2e-3)

STEPS = 1500
window = []
for step in range(1, STEPS + 1):
    idx = pool[torch.randint(len(pool), (128,))]
    ctx = X[idx]
    dist = torch.distributions.Categorical(logits=policy(ctx))
    action = dist.sample()
    reward = torch.where(action == y[idx], 1.0, -0.1)
    value = critic(ctx).squeeze(-1)
    adv = (reward - value).detach()
    ent_coef = 0.02 * (1 - step / STEPS)
    pi_loss = -(dist.log_prob(action) * adv).mean() - ent_coef * dist.entropy().mean()
    v_loss = nn.functional.mse_loss(value, reward)

    opt_pi.zero_grad()
    pi_loss.backward()
    opt_pi.step()
    opt_v.zero_grad()
    v_loss.backward()
    opt_v.step()

    window.append(reward.mean().item())
    if step % 125 == 0:
        with torch.no_grad():
            greedy = policy(X[held]).argmax(1)
            acc = (greedy == y[held]).float().mean().item()
        print(
            f"step {step} pi_loss {pi_loss.item():+.4f} v_loss {v_loss.item():.4f} "
            f"avg reward {sum(window) / len(window):.3f} held-out greedy accuracy {acc:.4f}"
        )
        window.clear()
