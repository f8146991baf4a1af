import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.nn import functional as F

torch.manual_seed(99)
digits = load_digits()
imgs = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16.0
labels = torch.tensor(digits.target)
p = torch.randperm(len(imgs))
x_train, y_train = imgs[p[:1300]], labels[p[:1300]]
x_test, y_test = imgs[p[1300:]], labels[p[1300:]]


def augment(x, sensor_noise=1.0 / 16, max_shift=1):
    dy, dx = torch.randint(-max_shift, max_shift + 1, (2,)).tolist()
    x = torch.roll(x, (dy, dx), dims=(2, 3))
    return x + sensor_noise * torch.randn_like(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 2 * 2, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc(x.flatten(1))


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(16):
    net.train()
    correct = 0
    for b in torch.randperm(1300).split(50):
        out = net(augment(x_train[b]))
        loss = F.cross_entropy(out, y_train[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        correct += (out.argmax(1) == y_train[b]).sum().item()
    net.eval()
    with torch.no_grad():
        test_acc = (net(x_test).argmax(1) == y_test).float().mean().item()
    print(f"{epoch=} train_acc={correct / 1300:.3f} val_acc={test_acc:.3f}")
