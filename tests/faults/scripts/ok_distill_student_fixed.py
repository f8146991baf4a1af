import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
a, b, c, d = train_test_split(X / 16.0, y, test_size=0.25, stratify=y, random_state=0)
Xt, Xv, yt, yv = torch.tensor(a).float(), torch.tensor(b).float(), torch.tensor(c), torch.tensor(d)


def train(model, loss_fn, epochs, lr, name):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    for ep in range(epochs):
        model.train()
        tot = 0.0
        for i in torch.randperm(len(Xt)).split(64):
            loss = loss_fn(model(Xt[i]), i)
            opt.zero_grad()
            loss.backward()
            opt.step()
            tot += loss.item() * len(i)
        model.eval()
        with torch.no_grad():
            acc = (model(Xv).argmax(1) == yv).float().mean().item()
        print(f"{name} epoch {ep} loss {tot / len(Xt):.4f} val_acc {acc:.4f}")
    return model


teacher = nn.Sequential(
    nn.Linear(64, 256),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(256, 128),
    nn.ReLU(),
    nn.Linear(128, 10),
)
train(teacher, lambda z, i: F.cross_entropy(z, yt[i]), 15, 2e-3, "teacher")
teacher.eval()
with torch.no_grad():
    soft = teacher(Xt)

TEMP, ALPHA = 3.0, 0.7


def kd(z, i):
    kl = (
        F.kl_div(F.log_softmax(z / TEMP, 1), F.softmax(soft[i] / TEMP, 1), reduction="batchmean")
        * TEMP**2
    )
    return ALPHA * kl + (1 - ALPHA) * F.cross_entropy(z, yt[i])


train(nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10)), kd, 30, 5e-3, "student")
