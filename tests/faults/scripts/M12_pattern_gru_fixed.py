"""Count-the-peaks: classify a noisy signal by the number of bumps, GRU with explicit initial state."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Bumps(Dataset):
    def __init__(self, n, seed, length=40):
        rng = np.random.default_rng(seed)
        t = np.arange(length)
        self.x = np.zeros((n, length, 1), dtype=np.float32)
        self.y = rng.integers(0, 3, n)
        for i, k in enumerate(self.y):
            centres = np.sort(
                rng.choice(np.arange(4, length - 4, 8), k + 1, replace=False)
            ) + rng.uniform(-1.5, 1.5, k + 1)
            for c in centres:
                self.x[i, :, 0] += rng.uniform(0.8, 1.2) * np.exp(-0.5 * ((t - c) / 1.5) ** 2)
        self.x += rng.normal(0, 0.1, self.x.shape).astype(np.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class BumpCounter(nn.Module):
    def __init__(self, hidden_size=24, num_classes=3):
        super().__init__()
        self.hidden_size = hidden_size
        self.gru = nn.GRU(1, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, num_classes)

    def init_hidden(self, batch_size):
        return torch.zeros(1, batch_size, self.hidden_size)

    def forward(self, x):
        hidden = self.init_hidden(x.size(0))
        output, h_n = self.gru(x, hidden)
        return self.fc(h_n[-1])


def main(epochs=12):
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train_dl = DataLoader(Bumps(1200, 0), batch_size=32, shuffle=True)
    test_dl = DataLoader(Bumps(300, 1), batch_size=100)
    model = BumpCounter().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        epoch_loss = []
        for x, y in train_dl:
            x, y = x.to(device), y.to(device)
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            epoch_loss.append(loss.item())
        model.eval()
        with torch.no_grad():
            acc = np.mean(
                [
                    (model(x.to(device)).argmax(1).cpu() == y).float().mean().item()
                    for x, y in test_dl
                ]
            )
        print(f"{epoch}: loss {np.mean(epoch_loss):.3f} test acc {acc:.3f}")
    print("accuracy:", acc)


if __name__ == "__main__":
    main()
