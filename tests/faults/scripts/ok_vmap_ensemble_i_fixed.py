"""Five small nets trained at once in functional style (torch.func), averaged at prediction time."""

import torch
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

torch.manual_seed(0)
K = 5
d = load_digits()
X = torch.tensor(d.data).float() / 16
Y = torch.tensor(d.target)
perm = torch.randperm(len(X))
X, Y = X[perm], Y[perm]
Xtr, Ytr, Xva, Yva = X[:1300], Y[:1300], X[1300:], Y[1300:]


def build():
    return torch.nn.Sequential(torch.nn.Linear(64, 48), torch.nn.GELU(), torch.nn.Linear(48, 10))


nets = [build() for _ in range(K)]
params, buffers = stack_module_state(nets)
params = {k: v.detach() for k, v in params.items()}
skeleton = build().to("meta")


def loss_fn(p, x, y):
    logits = functional_call(skeleton, p, (x,))
    return torch.nn.functional.cross_entropy(logits, y)


step_fn = vmap(grad_and_value(loss_fn))
fwd = vmap(lambda p, x: functional_call(skeleton, p, (x,)), in_dims=(0, None))

# plain momentum, written out
mom = {k: torch.zeros_like(v) for k, v in params.items()}
lr, beta, wd, B = 0.2, 0.9, 1e-4, 50
for epoch in range(20):
    if epoch == 14:
        lr *= 0.1
    orders = torch.stack([torch.randperm(len(Xtr)) for _ in range(K)])
    mean_loss = 0.0
    for i in range(0, len(Xtr), B):
        idx = orders[:, i : i + B]
        grads, losses = step_fn(params, Xtr[idx], Ytr[idx])
        for k in params:
            mom[k] = beta * mom[k] + grads[k] + wd * params[k]
            params[k] = params[k] - lr * mom[k]
        mean_loss += losses.mean().item() * idx.shape[1]
    probs = fwd(params, Xva).double().softmax(-1)
    single = (probs.argmax(-1) == Yva).float().mean().item()
    ens = probs.mean(0)
    acc = (ens.argmax(-1) == Yva).float().mean().item()
    if epoch % 3 == 2:
        print(
            f"epoch {epoch + 1} train {mean_loss / len(Xtr):.4f} single acc {single:.4f} ensemble acc {acc:.4f} "
            f"ensemble logloss {log_loss(Yva.numpy(), ens.numpy(), labels=list(range(10))):.4f}"
        )
