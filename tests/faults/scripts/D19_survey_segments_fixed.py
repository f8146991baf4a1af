"""Customer segments from a survey, small net with batch norm."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def survey(n, seed, questions=15, segments=4):
    profile = np.random.default_rng(1).normal(3, 0.9, (segments, questions))
    rng = np.random.default_rng(seed)
    seg = rng.integers(0, segments, n)
    answers = np.clip(np.round(profile[seg] + rng.normal(0, 1.0, (n, questions))), 1, 5)
    return torch.tensor((answers - 3) / 1.3, dtype=torch.float32), torch.tensor(seg)


class SegmentNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(15, 32),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Linear(32, 32),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Linear(32, 4),
        )

    def forward(self, x):
        return self.net(x)


def main():
    torch.manual_seed(44)
    train_ds = TensorDataset(*survey(1025, 10))
    test_x, test_y = survey(400, 11)
    loader = DataLoader(train_ds, batch_size=32, shuffle=True, drop_last=True)
    model = SegmentNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(10):
        model.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            acc = (model(test_x).argmax(1) == test_y).float().mean().item()
        print(f"epoch {epoch + 1} loss {total / len(loader):.4f} test accuracy {acc:.4f}")
    print("accuracy", acc)


if __name__ == "__main__":
    main()
