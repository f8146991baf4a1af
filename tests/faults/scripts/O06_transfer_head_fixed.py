import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(5)


def loaders(keep, relabel, bs=32):
    d = load_digits()
    X = torch.tensor(d.data / 16.0, dtype=torch.float32)
    y = torch.tensor(d.target)
    m = torch.tensor([int(t) in keep for t in y])
    X, y = X[m], torch.tensor([relabel[int(t)] for t in y[m]])
    a, b = train_test_split(range(len(y)), test_size=0.25, random_state=0, stratify=y)
    ds = torch.utils.data.TensorDataset
    return (
        torch.utils.data.DataLoader(ds(X[a], y[a]), bs, shuffle=True),
        torch.utils.data.DataLoader(ds(X[b], y[b]), 500),
    )


class Net(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 160), nn.ReLU())
        self.head = nn.Linear(160, k)

    def forward(self, x):
        return self.head(self.trunk(x))


def fit(net, opt, tr, va, epochs, tag):
    for ep in range(epochs):
        net.train()
        s = 0
        for x, y in tr:
            loss = nn.functional.cross_entropy(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            s += loss.item()
        net.eval()
        with torch.no_grad():
            acc = sum((net(x).argmax(1) == y).sum().item() for x, y in va) / len(va.dataset)
        print(f"{tag} {ep} loss {s / len(tr):.4f} val {acc:.4f}")


# stage 1: digits 0-4
net = Net(5)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
fit(net, opt, *loaders({0, 1, 2, 3, 4}, {i: i for i in range(5)}), epochs=8, tag="pretrain")

# stage 2: digits 5-9, frozen trunk and a new head
for p in net.trunk.parameters():
    p.requires_grad_(False)
net.head = nn.Linear(160, 5)
opt = torch.optim.Adam(net.head.parameters(), lr=5e-3)
fit(
    net, opt, *loaders({5, 6, 7, 8, 9}, {i: i - 5 for i in range(5, 10)}), epochs=20, tag="finetune"
)
