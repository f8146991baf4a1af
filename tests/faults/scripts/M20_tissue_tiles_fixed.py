import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

config = {
    "seed": 13,
    "epochs": 10,
    "batch": 64,
    "lr": 2e-3,
    "channels": 40,
}

torch.manual_seed(config["seed"])


class Net(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.c1 = nn.Conv2d(1, ch, 3, padding=1, bias=False)
        self.c2 = nn.Conv2d(ch, ch, 3, padding=1, bias=False)
        self.c3 = nn.Conv2d(ch, ch, 3, padding=1, bias=False)
        self.n1 = nn.BatchNorm2d(ch)
        self.n2 = nn.BatchNorm2d(ch)
        self.n3 = nn.BatchNorm2d(ch)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(ch * 4, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.n1(self.c1(x))))
        x = self.pool(torch.relu(self.n2(self.c2(x))))
        x = torch.relu(self.n3(self.c3(x)))
        return self.fc(x.flatten(1))


def get_data():
    d = load_digits()
    x = torch.tensor(d.data, dtype=torch.float32).view(-1, 1, 8, 8) / 16
    y = torch.tensor(d.target)
    p = torch.randperm(len(y))
    x, y = x[p], y[p]
    m, s = x[:1400].mean(), x[:1400].std()
    x = (x - m) / s
    return TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])


def evaluate(net, dl):
    net.eval()
    right = total = 0
    with torch.no_grad():
        for x, y in dl:
            right += (net(x).argmax(1) == y).sum().item()
            total += len(y)
    return right / total


def main():
    tr, va = get_data()
    tl = DataLoader(tr, config["batch"], shuffle=True, drop_last=True)
    vl = DataLoader(va, 200)
    net = Net(config["channels"])
    opt = torch.optim.Adam(net.parameters(), lr=config["lr"])
    for ep in range(config["epochs"]):
        net.train()
        agg = 0
        for x, y in tl:
            opt.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            opt.step()
            agg += loss.item()
        print(
            f"epoch {ep + 1}/{config['epochs']} train loss {agg / len(tl):.4f} val acc {evaluate(net, vl):.4f}"
        )


if __name__ == "__main__":
    main()
