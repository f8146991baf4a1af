# logistic regression the way my stats professor likes it: second order, float64, no nn.Module
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

torch.set_default_dtype(torch.float64)

X, t = load_breast_cancer(return_X_y=True)
Xtr, Xva, ttr, tva = train_test_split(X, t, test_size=0.3, stratify=t, random_state=11)
m, s = Xtr.mean(0), Xtr.std(0)
Xtr, Xva = [torch.from_numpy((a - m) / s) for a in (Xtr, Xva)]
ttr, tva = torch.from_numpy(ttr).double(), torch.from_numpy(tva).double()

w = torch.zeros(Xtr.shape[1], requires_grad=True)
b = torch.zeros((), requires_grad=True)
lam = 1e-2


def nll(z, t):
    # log(1+e^z) - t z
    return (torch.logaddexp(z, torch.zeros_like(z)) - t * z).mean()


opt = torch.optim.LBFGS([w, b], lr=1.0, max_iter=3, history_size=10, line_search_fn="strong_wolfe")


def closure():
    opt.zero_grad()
    obj = nll(Xtr @ w + b, ttr) + 0.5 * lam * w.dot(w)
    obj.backward()
    return obj


for k in range(8):
    obj = opt.step(closure)
    with torch.no_grad():
        zv = Xva @ w + b
        acc = ((zv > 0) == (tva > 0.5)).double().mean()
        gnorm = torch.sqrt(w.grad.dot(w.grad) + b.grad**2)
    print(
        f"outer {k:2d} obj {obj.item():.6f} |g| {gnorm.item():.2e} val nll {nll(zv, tva).item():.4f} val acc {acc.item():.4f}"
    )

print(
    "final val_acc",
    round(acc.item(), 4),
    "majority",
    round(max(tva.mean().item(), 1 - tva.mean().item()), 4),
)
