import math

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.func import functional_call, grad, stack_module_state, vmap

torch.manual_seed(0)
K = 8  # ensemble members
B = 64
EPOCHS = 30
LR, MU = 0.05, 0.9

X, y = load_digits(return_X_y=True)
Xtr, Xte, ytr, yte = train_test_split(X / 16.0, y, test_size=0.25, random_state=1, stratify=y)
Xtr, Xte = torch.tensor(Xtr, dtype=torch.float32), torch.tensor(Xte, dtype=torch.float32)
ytr, yte = torch.tensor(ytr), torch.tensor(yte)

make = lambda: nn.Sequential(nn.Linear(64, 48), nn.Tanh(), nn.Linear(48, 10))
nets = [make() for _ in range(K)]
params, buffers = stack_module_state(nets)
params = {k: v.detach() for k, v in params.items()}
skeleton = make().to("meta")


def member_loss(p, x, y):
    return nn.functional.cross_entropy(functional_call(skeleton, p, (x,)), y)


def logits_all(p, x):
    return vmap(lambda q: functional_call(skeleton, q, (x,)))(p)


grads_all = vmap(grad(member_loss))
vel = {k: torch.zeros_like(v) for k, v in params.items()}

# bagging: every member owns a bootstrap replicate
boot = torch.randint(len(Xtr), (K, len(Xtr)))
steps = len(Xtr) // B
total = EPOCHS * steps
it = 0
for ep in range(EPOCHS):
    order = torch.stack([torch.randperm(len(Xtr)) for _ in range(K)])
    idx = boot.gather(1, order)
    for s in range(steps):
        j = idx[:, s * B : (s + 1) * B]
        g = grads_all(params, Xtr[j], ytr[j])
        lr = LR * 0.5 * (1 + math.cos(math.pi * it / total))
        for k in params:
            vel[k] = MU * vel[k] + g[k]
            params[k] = params[k] - lr * vel[k]
        it += 1
    if ep % 5 == 4:
        L = logits_all(params, Xte)
        single = (L.argmax(-1) == yte).float().mean(1)
        P = L.softmax(-1).mean(0)
        nll = -P[torch.arange(len(yte)), yte].log().mean()
        acc = (P.argmax(-1) == yte).float().mean()
        print(
            f"ep {ep + 1}: members {single.min():.3f}..{single.max():.3f}  ensemble acc {acc:.4f} nll {nll:.4f}"
        )
print(f"val_acc={acc:.4f}")
