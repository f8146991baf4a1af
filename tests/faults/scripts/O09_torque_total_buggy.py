"""Predict motor torque from currents (regression script with DataLoader)."""

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


def measure(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 6, generator=g)
    y = torch.tanh(x[:, :1]) + 0.5 * x[:, 1:2] * x[:, 2:3] - 0.4 * x[:, 3:4].abs()
    return x, y + 0.05 * torch.randn(n, 1, generator=g)


class TorqueNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        return self.fc3(torch.relu(self.fc2(x)))


def main():
    torch.manual_seed(0)
    x, y = measure(1200, 20)
    x_val, y_val = measure(400, 21)
    train_loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(x_val, y_val), batch_size=100)
    net = TorqueNet()
    opt = optim.Adam(net.parameters(), lr=2e-3)
    loss_fn = nn.MSELoss()
    for epoch in range(20):
        net.train()
        running = 0.0
        for xb, yb in train_loader:
            opt.zero_grad()
            loss = loss_fn(net(xb), yb)
            loss.backward()
            opt.step()
            running += loss
        net.eval()
        preds, truth = [], []
        with torch.no_grad():
            for xb, yb in val_loader:
                preds.append(net(xb))
                truth.append(yb)
        error = loss_fn(torch.cat(preds), torch.cat(truth)).item()
        print(f"{epoch:2d} train {running / len(train_loader):.4f} val {error:.4f}")
    print("final mse", error)


if __name__ == "__main__":
    main()
