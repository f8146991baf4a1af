# Digits with batch norm and a big SGD step. Course exercise 3.
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(1)

digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16.0
y = torch.tensor(digits.target)
idx_tr, idx_te = train_test_split(range(len(y)), test_size=0.3, random_state=1, stratify=y)
Xtr, ytr, Xte, yte = X[idx_tr], y[idx_tr], X[idx_te], y[idx_te]
mu, sd = Xtr.mean(), Xtr.std()
Xtr, Xte = (Xtr - mu) / sd, (Xte - mu) / sd


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.fc = nn.Linear(32 * 2 * 2, 10)
        self.bn3 = nn.BatchNorm1d(128)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        return self.fc(self.bn3(x.flatten(1)))


net = ConvNet()
EPOCHS, BS = 10, 64
opt = optim.SGD(net.parameters(), lr=0.5, momentum=0.3, nesterov=True)
sched = optim.lr_scheduler.LambdaLR(opt, lambda e: min((e + 1) / 4, 1 - e / EPOCHS))

for epoch in range(EPOCHS):
    net.train()
    perm = torch.randperm(len(Xtr))
    total, correct = 0.0, 0
    for i in range(0, len(perm) - BS + 1, BS):
        b = perm[i : i + BS]
        opt.zero_grad()
        out = net(Xtr[b])
        loss = F.cross_entropy(out, ytr[b])
        loss.backward()
        opt.step()
        total += loss.item() * len(b)
        correct += (out.argmax(1) == ytr[b]).sum().item()
    sched.step()
    net.eval()
    with torch.no_grad():
        acc = (net(Xte).argmax(1) == yte).float().mean().item()
    print(f"epoch {epoch + 1:2d} train loss {total / len(Xtr):.4f} test acc {acc:.4f}")

print("final test accuracy:", round(acc, 4))
