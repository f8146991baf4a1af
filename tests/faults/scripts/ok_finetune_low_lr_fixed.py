"""Pretrain a digit encoder on even/odd, then fine-tune: body at 3e-5 with AdamW, new head at a higher rate, warm-up + cosine."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Encoder(nn.Module):
    def __init__(self, dim=96):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(64, 128),
            nn.LayerNorm(128),
            nn.GELU(),
            nn.Linear(128, dim),
            nn.LayerNorm(dim),
            nn.GELU(),
        )

    def forward(self, x):
        return self.layers(x)


class Classifier(nn.Module):
    def __init__(self, body, n_out, dim=96):
        super().__init__()
        self.body = body
        self.head = nn.Linear(dim, n_out)

    def forward(self, x):
        return self.head(self.body(x))


def run_epoch(model, loader, optimizer=None, scheduler=None):
    model.train(optimizer is not None)
    loss_sum = hits = n = 0
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:
            out = model(x)
            loss = F.cross_entropy(out, y)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                if scheduler is not None:
                    scheduler.step()
            loss_sum += loss.item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
            n += len(y)
    return loss_sum / n, hits / n


def warmup_cosine(step, warmup, total):
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def main():
    torch.manual_seed(20)
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32) / 8 - 1
    y = torch.tensor(digits.target)
    pre, rest = train_test_split(range(len(y)), train_size=900, random_state=0)
    tune, test = train_test_split(rest, train_size=500, random_state=0)
    loader = lambda idx, labels, shuffle: DataLoader(
        TensorDataset(x[idx], labels[idx]), batch_size=32, shuffle=shuffle
    )

    groups = torch.stack([y % 2, y // 5], 1) @ torch.tensor([2, 1])
    pretrained = Classifier(Encoder(), 4)
    optimizer = torch.optim.AdamW(pretrained.parameters(), lr=1e-3)
    for _ in range(10):
        stats = run_epoch(pretrained, loader(pre, groups, True), optimizer)
    print("pretraining: loss %.3f acc %.3f" % stats)

    model = Classifier(pretrained.body, 10)
    optimizer = torch.optim.AdamW(
        [
            {"params": model.body.parameters(), "lr": 3e-5},
            {"params": model.head.parameters(), "lr": 5e-3},
        ],
        weight_decay=0.01,
    )
    train_loader, test_loader = loader(tune, y, True), loader(test, y, False)
    epochs = 15
    total = epochs * len(train_loader)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: warmup_cosine(s, total // 10, total)
    )
    for epoch in range(epochs):
        tr = run_epoch(model, train_loader, optimizer, scheduler)
        va = run_epoch(model, test_loader)
        print(f"epoch {epoch + 1} train {tr[0]:.3f}/{tr[1]:.3f} test {va[0]:.3f}/{va[1]:.3f}")
    print("test accuracy", va[1])


if __name__ == "__main__":
    main()
