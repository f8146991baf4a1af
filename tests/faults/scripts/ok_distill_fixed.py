import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(110)
X, y = load_digits(return_X_y=True)
a, b, ya, yb = train_test_split(X / 16, y, test_size=0.25, random_state=110, stratify=y)
to = lambda v: torch.tensor(v, dtype=torch.float32).view(-1, 1, 8, 8)
tl = DataLoader(TensorDataset(to(a), torch.tensor(ya)), 64, shuffle=True)
vx, vy = to(b), torch.tensor(yb)

teacher = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(32, 64, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(1024, 10),
)
student = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10)
)


def accuracy(net):
    net.eval()
    with torch.no_grad():
        return (net(vx).argmax(1) == vy).float().mean().item()


def run(net, epochs, lossf, lr):
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    for e in range(epochs):
        net.train()
        s = 0.0
        for x, t in tl:
            loss = lossf(net(x), x, t)
            opt.zero_grad()
            loss.backward()
            opt.step()
            s += loss.item()
        print(f"epoch {e} loss {s / len(tl):.4f} val acc {accuracy(net):.4f}")


def distill(out, x, t, T=3.0, w=0.7):
    with torch.no_grad():
        ref = teacher(x)
    kd = F.kl_div(F.log_softmax(out / T, 1), F.softmax(ref / T, 1), reduction="batchmean") * T * T
    return w * kd + (1 - w) * F.cross_entropy(out, t)


run(teacher, 8, lambda o, x, t: F.cross_entropy(o, t), 1e-3)
teacher.eval()
for p in teacher.parameters():
    p.requires_grad_(False)
run(student, 15, distill, 5e-3)
