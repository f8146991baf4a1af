import numpy as np
import torch
import torch.nn as nn
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


def make_tile(label, g, size=16):
    hue, orient = divmod(label, 2)
    t = np.arange(size)
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * t / g.uniform(4, 7) + g.uniform(0, 6.28))
    tex = np.repeat(wave[:, None], size, 1) if orient else np.repeat(wave[None], size, 0)
    img = np.full((size, size, 3), 0.35)
    img[..., hue] += 0.22
    img = img * (0.5 + tex[..., None])
    img = img * g.uniform(0.7, 1.3) + g.normal(0, 0.2, img.shape)
    return np.clip(img, 0, 1)


g = np.random.default_rng(12)
torch.manual_seed(12)
y = np.repeat(np.arange(6), 250)
imgs = np.stack([make_tile(c, g) for c in y]).astype(np.float32)

i_tr, i_va = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, random_state=0)
i_tr.sort()


def to_tensor(a):
    return torch.from_numpy((a - 0.4) / 0.25).permute(0, 3, 1, 2).contiguous()


train_ds = TensorDataset(to_tensor(imgs[i_tr]), torch.from_numpy(y[i_tr]))
val_ds = TensorDataset(to_tensor(imgs[i_va]), torch.from_numpy(y[i_va]))
train_dl = DataLoader(train_ds, batch_size=32, shuffle=True)
val_dl = DataLoader(val_ds, batch_size=100)

model = nn.Sequential(
    nn.Conv2d(3, 16, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(32, 6),
)
opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
crit = nn.CrossEntropyLoss()

for epoch in range(14):
    model.train()
    run = 0.0
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = crit(model(xb), yb)
        loss.backward()
        opt.step()
        run += loss.item()
    model.eval()
    hits = 0
    with torch.no_grad():
        for xb, yb in val_dl:
            hits += (model(xb).argmax(1) == yb).sum().item()
    print(
        f"epoch {epoch + 1}: loss {run / len(train_dl):.4f}, val accuracy {hits / len(val_ds):.4f}"
    )
