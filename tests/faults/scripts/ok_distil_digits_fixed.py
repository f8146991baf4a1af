import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(5)
TEMP, MIX = 3.0, 0.7

d = load_digits()
xa, xb, ya, yb = train_test_split(
    d.data / 16, d.target, test_size=0.25, stratify=d.target, random_state=5
)
xa, xb = torch.tensor(xa).float(), torch.tensor(xb).float()
ya, yb = torch.tensor(ya), torch.tensor(yb)


def accuracy(m):
    m.eval()
    with torch.no_grad():
        return (m(xb).argmax(1) == yb).float().mean().item()


def fit(model, loss_of, epochs, name):
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(epochs):
        model.train()
        s = 0.0
        for idx in torch.randperm(len(xa)).split(64):
            loss = loss_of(model, xa[idx], ya[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
            s += loss.item() * len(idx)
        print(f"{name} epoch {epoch} loss {s / len(xa):.4f} val acc {accuracy(model):.4f}")


teacher = nn.Sequential(
    nn.Linear(64, 256),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(256, 128),
    nn.ReLU(),
    nn.Linear(128, 10),
)
fit(teacher, lambda m, x, y: F.cross_entropy(m(x), y), 20, "teacher")
teacher.eval().requires_grad_(False)


def distil(m, x, y):
    z = m(x)
    with torch.no_grad():
        soft = F.softmax(teacher(x) / TEMP, 1)
    kd = F.kl_div(F.log_softmax(z / TEMP, 1), soft, reduction="batchmean") * TEMP**2
    return MIX * kd + (1 - MIX) * F.cross_entropy(z, y)


student = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10))
fit(student, distil, 30, "student")
