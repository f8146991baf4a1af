import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(4)
np.random.seed(4)


def load_thumbs():
    d = load_digits()
    return (d.images * 15).astype(np.uint8), d.target


def standardise(img, mean, std):
    out = np.empty(img.shape, dtype=np.float32)
    for i in range(len(img)):
        out[i] = (img[i] - mean) / std
    return out


def main():
    img, lab = load_thumbs()
    order = np.random.permutation(len(img))
    tr, va = order[:1400], order[1400:]
    mean, std = float(img[tr].mean()), float(img[tr].std())
    z = torch.from_numpy(standardise(img, mean, std)).float().flatten(1)
    lab = torch.from_numpy(lab)

    mlp = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    opt = torch.optim.Adam(mlp.parameters(), lr=1e-3)
    for epoch in range(20):
        mlp.train()
        np.random.shuffle(tr)
        for i in range(0, len(tr), 64):
            j = tr[i : i + 64]
            loss = nn.functional.cross_entropy(mlp(z[j]), lab[j])
            opt.zero_grad()
            loss.backward()
            opt.step()
        mlp.eval()
        with torch.no_grad():
            lo = mlp(z[va])
            vl = nn.functional.cross_entropy(lo, lab[va]).item()
            acc = (lo.argmax(1) == lab[va]).float().mean().item()
        print(f"epoch {epoch + 1}/20  loss {loss.item():.3f}  val loss {vl:.3f}  val acc {acc:.3f}")


if __name__ == "__main__":
    main()
