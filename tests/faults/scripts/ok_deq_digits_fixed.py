import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(2)


class DEQ(nn.Module):
    """z* = tanh(W z* + U x + b).  Forward solver runs without a graph, gradient through the implicit function theorem."""

    def __init__(self, d_in, d, n_out, iters=30, tol=1e-4):
        super().__init__()
        self.W = nn.Linear(d, d, bias=False)
        self.U = nn.Linear(d_in, d)
        self.head = nn.Linear(d, n_out)
        self.iters, self.tol = iters, tol
        nn.init.orthogonal_(self.W.weight, 0.5)

    def weight(self):
        # keep the map a contraction: inf-norm of each row at most 0.9
        w = self.W.weight
        return w * (0.9 / w.abs().sum(1, keepdim=True)).clamp(max=1.0)

    def forward(self, x):
        inj, w = self.U(x), self.weight()
        with torch.no_grad():
            z = torch.zeros_like(inj)
            for k in range(self.iters):
                zn = torch.tanh(z @ w.t() + inj)
                gap = (zn - z).abs().max()
                z = zn
                if gap < self.tol:
                    break
        self.last_iters = k + 1
        z = torch.tanh(z @ w.t() + inj)
        if torch.is_grad_enabled():
            z0 = z.detach().requires_grad_()
            f0 = torch.tanh(z0 @ w.t().detach() + inj.detach())

            def solve(g):
                v = g
                for _ in range(self.iters):
                    vn = torch.autograd.grad(f0, z0, v, retain_graph=True)[0] + g
                    if (vn - v).abs().max() < self.tol * g.abs().max():
                        return vn
                    v = vn
                return v

            z.register_hook(solve)
        return self.head(z)


X, y = load_digits(return_X_y=True)
xa, xb, ya, yb = train_test_split(
    torch.tensor(X / 16, dtype=torch.float32),
    torch.tensor(y),
    test_size=0.3,
    stratify=y,
    random_state=4,
)
net = DEQ(64, 64, 10)
opt = torch.optim.Adam(net.parameters(), 2e-3)
for ep in range(15):
    net.train()
    for idx in torch.randperm(len(xa)).split(64):
        loss = F.cross_entropy(net(xa[idx]), ya[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        o = net(xb)
    acc = (o.argmax(1) == yb).float().mean().item()
    print(
        f"{ep:2d} loss {loss.item():.3f}  val_loss {F.cross_entropy(o, yb).item():.3f} val_acc {acc:.4f}  solver iters {net.last_iters}"
    )
print("final val_acc", acc)
