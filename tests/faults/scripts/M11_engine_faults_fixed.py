"""LSTM on multichannel vibration windows: kind of engine fault."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

CHANNELS, STEPS, KINDS = 3, 24, 3


def simulate(n, seed):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, KINDS, n)
    t = np.arange(STEPS)
    freq = np.array([0.08, 0.16, 0.28])[kind][:, None]
    phase = rng.uniform(0, 2 * np.pi, (n, 1))
    x = np.stack([np.sin(2 * np.pi * freq * t + phase + c) for c in range(CHANNELS)], axis=-1)
    x += rng.normal(0, 1.2, x.shape)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(kind)


class FaultLSTM(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.lstm = nn.LSTM(CHANNELS, hidden)
        self.fc = nn.Linear(hidden, KINDS)

    def forward(self, x):
        # nn.LSTM wants (time, batch, channel)
        x = x.permute(1, 0, 2)
        out, (h, c) = self.lstm(x)
        return self.fc(h[-1])


class Trainer:
    def __init__(self, model, train_loader, val_loader, lr=5e-3):
        self.model = model
        self.train_loader, self.val_loader = train_loader, val_loader
        self.loss_fn = nn.CrossEntropyLoss()
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)

    def fit(self, epochs):
        for epoch in range(epochs):
            self.model.train()
            losses = []
            for x, y in self.train_loader:
                self.opt.zero_grad()
                loss = self.loss_fn(self.model(x), y)
                loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
                self.opt.step()
                losses.append(loss.item())
            val_loss, val_acc = self.validate()
            print(
                f"epoch {epoch}: train_loss {np.mean(losses):.4f}, val_loss {val_loss:.4f}, val_acc {val_acc:.4f}"
            )

    @torch.no_grad()
    def validate(self):
        self.model.eval()
        loss = correct = n = 0
        for x, y in self.val_loader:
            out = self.model(x)
            loss += self.loss_fn(out, y).item() * len(y)
            correct += (out.argmax(1) == y).sum().item()
            n += len(y)
        return loss / n, correct / n


if __name__ == "__main__":
    torch.manual_seed(6)
    train = DataLoader(TensorDataset(*simulate(1200, 60)), batch_size=40, shuffle=True)
    val = DataLoader(TensorDataset(*simulate(400, 61)), batch_size=100)
    Trainer(FaultLSTM(), train, val).fit(12)
