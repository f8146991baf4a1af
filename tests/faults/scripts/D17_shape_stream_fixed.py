import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = 5
SIZE = 16


def draw(rng):
    kind = rng.randint(4)
    yy, xx = np.mgrid[0:SIZE, 0:SIZE]
    cy, cx = rng.uniform(5, 11, 2)
    r = rng.uniform(3, 5)
    if kind == 0:
        m = (yy - cy) ** 2 + (xx - cx) ** 2 < r**2
    elif kind == 1:
        m = (abs(yy - cy) < r * 0.9) & (abs(xx - cx) < r * 0.9)
    elif kind == 2:
        m = (abs(yy - cy) + abs(xx - cx)) < r * 1.2
    else:
        m = (abs(yy - cy) < r * 0.35) | (abs(xx - cx) < r * 0.35)
        m &= (abs(yy - cy) < r) & (abs(xx - cx) < r)
    img = m * rng.uniform(0.4, 1.0) + rng.randn(SIZE, SIZE) * 0.15
    return img.astype(np.float32), kind


class ShapeStream(Dataset):
    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, idx):
        img, kind = draw(np.random)
        return torch.from_numpy(img)[None], kind


def init_worker(worker_id):
    np.random.seed(torch.initial_seed() % 2**32)


def make_val(n=600):
    rng = np.random.RandomState(999)
    pairs = [draw(rng) for _ in range(n)]
    return torch.from_numpy(np.stack([p[0] for p in pairs]))[:, None], torch.tensor(
        [p[1] for p in pairs]
    )


def main():
    torch.manual_seed(SEED)
    np.random.seed(SEED)
    loader = DataLoader(ShapeStream(256), batch_size=32, num_workers=2, worker_init_fn=init_worker)
    xv, yv = make_val()
    net = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 64),
        nn.ReLU(),
        nn.Linear(64, 4),
    )
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    crit = nn.CrossEntropyLoss()
    for epoch in range(30):
        net.train()
        tot = 0
        for x, y in loader:
            loss = crit(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            tot += loss.item()
        if epoch % 5 == 4:
            net.eval()
            with torch.no_grad():
                acc = (net(xv).argmax(1) == yv).float().mean().item()
            print(f"epoch {epoch + 1} train loss {tot / len(loader):.4f}")
            print(f"val accuracy {acc:.4f}")


if __name__ == "__main__":
    main()
