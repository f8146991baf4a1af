import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(77)
np.random.seed(77)

d = load_digits()
X = (d.data.astype("float32") / 16 - 0.305) / 0.376
Xt, Xv, yt, yv = train_test_split(X, d.target, test_size=400, random_state=77, stratify=d.target)
dl = DataLoader(
    TensorDataset(torch.from_numpy(Xt), torch.from_numpy(yt)), batch_size=50, shuffle=True
)
Xv, yv = torch.from_numpy(Xv), torch.from_numpy(yv)


def acc(m):
    m.eval()
    with torch.no_grad():
        return (m(Xv).argmax(1) == yv).float().mean().item()


teacher = nn.Sequential(
    nn.Linear(64, 256),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(256, 128),
    nn.ReLU(),
    nn.Linear(128, 10),
)
opt = torch.optim.Adam(teacher.parameters(), lr=1e-3)
for epoch in range(12):
    teacher.train()
    for xb, yb in dl:
        opt.zero_grad()
        loss = F.cross_entropy(teacher(xb), yb)
        loss.backward()
        opt.step()
    print("teacher", epoch, round(acc(teacher), 4))
teacher.eval()
teacher.requires_grad_(False)

T, alpha = 3.0, 0.7
student = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10))
opt = torch.optim.Adam(student.parameters(), lr=3e-3)
for epoch in range(20):
    student.train()
    for xb, yb in dl:
        with torch.no_grad():
            soft = F.softmax(teacher(xb) / T, dim=1)
        z = student(xb)
        kd = F.kl_div(F.log_softmax(z / T, dim=1), soft, reduction="batchmean") * T * T
        loss = alpha * kd + (1 - alpha) * F.cross_entropy(z, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print("student", epoch, round(loss.item(), 4), round(acc(student), 4))
