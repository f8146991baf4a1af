import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(12)


class Experiment:
    epochs = 15
    batch_size = 64

    def __init__(self):
        X, y = load_digits(return_X_y=True)
        X = (X / 16.0).reshape(-1, 1, 8, 8)
        a, b, c, d = train_test_split(X, y, test_size=0.25, stratify=y, random_state=12)
        f = lambda v: torch.tensor(v, dtype=torch.float32)
        self.train = DataLoader(TensorDataset(f(a), torch.tensor(c)), self.batch_size, shuffle=True)
        self.val = DataLoader(TensorDataset(f(b), torch.tensor(d)), 256)
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 16, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )
        self.opt = torch.optim.Adam(self.net.parameters(), lr=2e-3, eps=1e-7)

    def train_epoch(self):
        self.net.train()
        hist = []
        for x, y in self.train:
            self.opt.zero_grad()
            loss = F.cross_entropy(self.net(x), y)
            loss.backward()
            self.opt.step()
            hist.append(loss.item())
        return sum(hist) / len(hist)

    def validate(self):
        self.net.eval()
        n = 0
        with torch.no_grad():
            for x, y in self.val:
                n += (self.net(x).argmax(1) == y).sum().item()
        return n / len(self.val.dataset)

    def run(self):
        for e in range(self.epochs):
            tl = self.train_epoch()
            print(f"epoch {e}: loss {tl:.4f} acc {self.validate():.4f}")


Experiment().run()
