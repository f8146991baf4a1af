"""Yearly revenue of shops from location features."""

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def shops(n=1500, seed=8):
    rng = np.random.default_rng(seed)
    size, footfall = rng.uniform(40, 400, n), rng.lognormal(7, 0.5, n)
    rivals, parking = rng.poisson(3, n), rng.integers(0, 2, n)
    revenue = 900 * size * np.sqrt(footfall / 1000) / (1 + 0.15 * rivals) + 60000 * parking + 80000
    revenue = revenue * rng.lognormal(0, 0.08, n)
    return np.column_stack([size, footfall, rivals, parking]), revenue


class Regressor(nn.Module):
    def __init__(self, n_in, sizes=(64, 32)):
        super().__init__()
        layers, last = [], n_in
        for s in sizes:
            layers += [nn.Linear(last, s), nn.ReLU()]
            last = s
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(last, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(-1)


def train(model, loader, epochs, lr):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        model.train()
        losses = []
        for x, y in loader:
            opt.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            losses.append(loss.item())
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1}: mse {np.mean(losses):.4g}")


def main():
    torch.manual_seed(8)
    X, y = shops()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=8)
    mean, std = X_train.mean(0), X_train.std(0)
    X_train, X_test = (X_train - mean) / std, (X_test - mean) / std
    y_mean, y_std = y_train.mean(), y_train.std()
    y_train, y_test = (y_train - y_mean) / y_std, (y_test - y_mean) / y_std
    to_t = lambda a: torch.tensor(a, dtype=torch.float32)
    loader = DataLoader(TensorDataset(to_t(X_train), to_t(y_train)), batch_size=32, shuffle=True)
    model = Regressor(4)
    train(model, loader, epochs=25, lr=2e-3)
    model.eval()
    with torch.no_grad():
        pred = model(to_t(X_test)).numpy()
    r2 = 1 - ((pred - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
    print("test R2", r2)


if __name__ == "__main__":
    main()
