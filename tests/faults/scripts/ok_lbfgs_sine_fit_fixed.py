# Fit a 1-d function with L-BFGS (full batch), closure style
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(3)
rng = np.random.default_rng(3)
x = np.sort(rng.uniform(-2, 2, 220))
y = np.sin(3 * x) + 0.5 * x + rng.normal(0, 0.08, 220)
test = rng.random(220) < 0.3
to_col = lambda v: torch.tensor(v, dtype=torch.float32).reshape(-1, 1)
x_train, y_train, x_test, y_test = map(to_col, (x[~test], y[~test], x[test], y[test]))

net = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 1))
opt = torch.optim.LBFGS(
    net.parameters(), lr=1.0, max_iter=10, history_size=20, line_search_fn="strong_wolfe"
)
l2 = 1e-5


def closure():
    opt.zero_grad()
    loss = ((net(x_train) - y_train) ** 2).mean()
    loss = loss + l2 * sum((p**2).sum() for p in net.parameters())
    loss.backward()
    return loss


for it in range(40):
    loss = opt.step(closure)
    if it % 5 == 0:
        with torch.no_grad():
            test_mse = ((net(x_test) - y_test) ** 2).mean()
        print(f"iteration {it:3d} train {loss.item():.5f} test {test_mse.item():.5f}")

with torch.no_grad():
    r2 = 1 - ((net(x_test) - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print("test R2", r2.item())
