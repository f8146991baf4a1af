"""Little street signs: a CNN with batch norm, trained by a script."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def draw(n, seed):
    g = torch.Generator().manual_seed(seed)
    kind = torch.randint(0, 4, (n,), generator=g)
    img = 0.3 * torch.randn(n, 1, 10, 10, generator=g)
    shift = torch.randint(0, 3, (n,), generator=g)
    for i in range(n):
        k, s = int(kind[i]), int(shift[i])
        if k == 0:
            img[i, 0, 2 + s, 1:9] += 1
        elif k == 1:
            img[i, 0, 1:9, 2 + s] += 1
        elif k == 2:
            img[i, 0, range(1, 9), range(1, 9)] += 1
        else:
            img[i, 0, 2 + s : 6 + s, 3:7] += 0.8
    return img, kind


class SignNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12)
        self.c2, self.b2 = nn.Conv2d(12, 16, 3, padding=1), nn.BatchNorm2d(16)
        self.fc = nn.Linear(16 * 4, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.b1(self.c1(x))), 2)
        x = F.max_pool2d(F.relu(self.b2(self.c2(x))), 2)
        return self.fc(x.flatten(1))


torch.manual_seed(3)
images, labels = draw(960, 1)
test_images, test_labels = draw(300, 2)
BATCH = 32
net = SignNet()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(8):
    net.train()
    for rows in torch.randperm(len(images)).split(BATCH):
        loss = F.cross_entropy(net(images[rows]), labels[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = (net(test_images).argmax(1) == test_labels).float().mean()
    print("epoch", epoch, "loss", round(loss.item(), 4), "test acc", round(acc.item(), 4))
