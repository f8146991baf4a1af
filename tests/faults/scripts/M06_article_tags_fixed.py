"""Assigns topic tags to articles (several tags per article)."""

import torch
import torch.nn.functional as F
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 20


def get_loaders(batch_size=64):
    X, Y = make_multilabel_classification(
        n_samples=2000,
        n_features=60,
        n_classes=6,
        n_labels=3,
        length=120,
        allow_unlabeled=False,
        random_state=13,
    )
    X = X / X.sum(1, keepdims=True)
    Xt, Xv, Yt, Yv = train_test_split(X, Y, test_size=0.25, random_state=13)
    mu, sd = Xt.mean(0), Xt.std(0)
    to = lambda a: torch.tensor(a, dtype=torch.float32)
    train = TensorDataset(to((Xt - mu) / sd), to(Yt))
    val = TensorDataset(to((Xv - mu) / sd), to(Yv))
    return DataLoader(train, batch_size, shuffle=True), DataLoader(val, 250)


class Tagger(nn.Module):
    def __init__(self, n_in=60, n_tags=6):
        super().__init__()
        self.hidden = nn.Linear(n_in, 48)
        self.norm = nn.LayerNorm(48)
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(48, n_tags)

    def forward(self, x):
        h = self.drop(F.relu(self.norm(self.hidden(x))))
        return self.out(h)


def train_epoch(model, loader, opt, criterion):
    model.train()
    total = 0.0
    for x, tags in loader:
        opt.zero_grad()
        loss = criterion(model(x), tags)
        loss.backward()
        opt.step()
        total += loss.item() * len(x)
    return total / len(loader.dataset)


@torch.no_grad()
def validate(model, loader, criterion):
    model.eval()
    preds, truth, total = [], [], 0.0
    for x, tags in loader:
        z = model(x)
        total += criterion(z, tags).item() * len(x)
        preds.append((torch.sigmoid(z) > 0.5).int())
        truth.append(tags.int())
    f1 = f1_score(torch.cat(truth).numpy(), torch.cat(preds).numpy(), average="micro")
    return total / len(loader.dataset), f1


if __name__ == "__main__":
    torch.manual_seed(13)
    train_loader, val_loader = get_loaders()
    model = Tagger()
    criterion = nn.BCEWithLogitsLoss()
    opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
    for epoch in range(EPOCHS):
        tr = train_epoch(model, train_loader, opt, criterion)
        vl, f1 = validate(model, val_loader, criterion)
        print(f"{epoch:02d} train_loss={tr:.4f} val_loss={vl:.4f} val_f1={f1:.4f}")
