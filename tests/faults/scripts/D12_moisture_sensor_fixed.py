# Soil moisture class from a sensor board; train and test recordings live in two files
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


def record(n, seed):
    rng = np.random.default_rng(seed)
    moisture = rng.uniform(0, 100, n)
    temp = rng.normal(18, 6, n)
    capacitance = 300 + 4.5 * moisture - 1.2 * temp + rng.normal(0, 12, n)
    resist = 5000 / (5 + moisture) + rng.normal(0, 6, n)
    light = rng.gamma(2, 200, n)
    label = np.digitize(moisture, [25, 50, 75])
    return np.stack([capacitance, resist, temp, light], 1).astype(np.float32), label


class SensorSet(Dataset):
    def __init__(self, readings, labels, mean, std):
        self.readings = (readings - mean) / std
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, idx):
        return torch.from_numpy(self.readings[idx]), int(self.labels[idx])


class MoistureNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 32)
        self.fc2 = nn.Linear(32, 32)
        self.fc3 = nn.Linear(32, 4)

    def forward(self, x):
        x = F.elu(self.fc1(x))
        x = F.elu(self.fc2(x))
        return self.fc3(x)


def test(net, loader):
    net.eval()
    loss = hits = 0
    with torch.no_grad():
        for x, y in loader:
            out = net(x)
            loss += F.cross_entropy(out, y, reduction="sum").item()
            hits += (out.argmax(1) == y).sum().item()
    return loss / len(loader.dataset), hits / len(loader.dataset)


torch.manual_seed(2)
train_raw, train_label = record(1200, 1)
test_raw, test_label = record(400, 2)
mean, std = train_raw.mean(0), train_raw.std(0)
train_ds = SensorSet(train_raw, train_label, mean, std)
test_ds = SensorSet(test_raw, test_label, mean, std)
train_loader = DataLoader(train_ds, batch_size=32, shuffle=True)
test_loader = DataLoader(test_ds, batch_size=200)

net = MoistureNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(15):
    net.train()
    for x, y in train_loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    if epoch % 3 == 2:
        print(
            "epoch",
            epoch + 1,
            "train loss %.3f acc %.3f" % test(net, train_loader),
            "test loss %.3f acc %.3f" % test(net, test_loader),
        )
print("test accuracy", test(net, test_loader)[1])
