"""Ridge-penalised logistic regression on breast cancer, full batch, L-BFGS, double precision."""

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

torch.set_default_dtype(torch.float64)
data = load_breast_cancer()
X, y = data.data, data.target.astype(float)


def fit_fold(Xtr, ytr, Xva, yva, lam=1e-2, iters=9):
    mu, sd = Xtr.mean(0), Xtr.std(0)
    A = torch.from_numpy((Xtr - mu) / sd)
    B = torch.from_numpy((Xva - mu) / sd)
    t = torch.from_numpy(ytr)
    w = torch.zeros(X.shape[1], requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    opt = torch.optim.LBFGS(
        [w, b], lr=1.0, max_iter=4, history_size=10, line_search_fn="strong_wolfe"
    )

    def closure():
        opt.zero_grad()
        nll = torch.nn.functional.binary_cross_entropy_with_logits(A @ w + b, t)
        obj = nll + 0.5 * lam * w.square().sum()
        obj.backward()
        return obj

    for it in range(iters):
        obj = opt.step(closure)
        with torch.no_grad():
            p = torch.sigmoid(B @ w + b).numpy()
        auc = roc_auc_score(yva, p)
        acc = accuracy_score(yva, p > 0.5)
        if it % 3 == 2:
            print(
                f"   iter {it + 1:2d}  objective {obj.item():.5f}  val_auc {auc:.4f}  val_acc {acc:.4f}"
            )
    return auc, acc


scores = []
for k, (tr, va) in enumerate(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y)):
    print("fold", k)
    scores.append(fit_fold(X[tr], y[tr], X[va], y[va]))
print("mean val auc %.4f, mean val acc %.4f" % tuple(np.mean(scores, axis=0)))
