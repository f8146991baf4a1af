import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(51)
np.random.seed(51)


class Scans(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        img = torch.as_tensor(self.images[i] / 16.0, dtype=torch.float32)
        return img.flatten(), int(self.labels[i])


def load():
    d = load_digits()
    images = d.images / d.images.max()
    return train_test_split(images, d.target, test_size=360, random_state=51, stratify=d.target)


def make_model(p=0.85):
    return nn.Sequential(
        nn.Linear(64, 128),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(64, 10),
    )


def train(model, loader, opt):
    model.train()
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
    return loss.item()


def evaluate(model, loader):
    model.eval()
    good = 0
    with torch.no_grad():
        for x, y in loader:
            good += (model(x).argmax(1) == y).sum().item()
    return good / len(loader.dataset)


xtr, xva, ytr, yva = load()
tr = DataLoader(Scans(xtr, ytr), batch_size=32, shuffle=True)
va = DataLoader(Scans(xva, yva), batch_size=120)
model = make_model()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(12):
    l = train(model, tr, opt)
    print("epoch", epoch, "loss", round(l, 3), "acc", round(evaluate(model, va), 4))
