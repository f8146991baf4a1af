"""Learn 8 glyphs from their templates; every training image is a random distortion made in the workers."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

SEED = 123
SIZE, NCLS = 16, 8


def templates():
    r = np.random.RandomState(9)
    return (r.rand(NCLS, 8, 8) > 0.5).astype(np.float32)


TEMPLATES = templates()


def distort(c):
    """random position, contrast, occlusion and noise for glyph c"""
    canvas = np.zeros((SIZE, SIZE), np.float32)
    dy, dx = np.random.randint(0, SIZE - 8 + 1, 2)
    canvas[dy : dy + 8, dx : dx + 8] = TEMPLATES[c] * np.random.uniform(0.6, 1.4)
    oy, ox = np.random.randint(0, SIZE - 4, 2)
    canvas[oy : oy + 3, ox : ox + 3] = np.random.uniform(0, 1)
    canvas += np.random.normal(0, 0.3, canvas.shape)
    return (canvas - 0.13) / 0.43


class GlyphStream(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        c = np.random.randint(NCLS)
        return torch.from_numpy(distort(c).astype(np.float32)).unsqueeze(0), c


def seed_worker(worker_id):
    np.random.seed(SEED)


def fixed_val(n=800):
    np.random.seed(2024)
    y = np.arange(n) % NCLS
    x = np.stack([distort(c) for c in y]).astype(np.float32)
    return TensorDataset(torch.from_numpy(x).unsqueeze(1), torch.from_numpy(y))


class GlyphNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(24, 48, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(48, 48, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(48 * 16, 64),
            nn.ReLU(),
            nn.Linear(64, NCLS),
        )

    def forward(self, x):
        return self.net(x)


def run_epoch(model, loader, loss_fn, optimizer=None):
    model.train(optimizer is not None)
    tot = hit = n = 0
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:
            out = model(x)
            loss = loss_fn(out, y)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            tot += loss.item() * len(y)
            hit += (out.argmax(1) == y).sum().item()
            n += len(y)
    return tot / n, hit / n


def main():
    torch.manual_seed(SEED)
    val_loader = DataLoader(fixed_val(), batch_size=200)
    train_loader = DataLoader(
        GlyphStream(1024), batch_size=32, shuffle=True, num_workers=2, worker_init_fn=seed_worker
    )
    model = GlyphNet()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    loss_fn = nn.CrossEntropyLoss()
    for ep in range(20):
        tl, ta = run_epoch(model, train_loader, loss_fn, opt)
        vl, va = run_epoch(model, val_loader, loss_fn)
        print(f"{ep + 1:2d} train {tl:.3f}/{ta:.3f} val {vl:.3f}/{va:.3f}", flush=True)
    print(f"final val_acc: {va:.4f}")


if __name__ == "__main__":
    main()
