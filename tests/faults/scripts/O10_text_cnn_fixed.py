from dataclasses import dataclass

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    vocab: int = 50
    seq: int = 30
    classes: int = 5
    lr: float = 2e-3
    epochs: int = 12
    batch: int = 40
    seed: int = 0


def make_docs(cfg, n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, cfg.classes, (n,), generator=g)
    x = torch.randint(0, cfg.vocab, (n, cfg.seq), generator=g)
    # each class has two key bigrams
    key = torch.randint(
        0, cfg.vocab, (cfg.classes, 2, 2), generator=torch.Generator().manual_seed(77)
    )
    for i in range(n):
        for k in range(2):
            p = int(torch.randint(0, cfg.seq - 1, (1,), generator=g))
            x[i, p : p + 2] = key[y[i], k]
    return TensorDataset(x, y)


class TextCNN(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.emb = nn.Embedding(cfg.vocab, 24)
        self.conv = nn.Conv1d(24, 48, 2)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(48, cfg.classes)

    def forward(self, x):
        h = torch.relu(self.conv(self.emb(x).transpose(1, 2))).amax(-1)
        return self.fc(self.drop(h))


cfg = Config()
torch.manual_seed(cfg.seed)
train = DataLoader(make_docs(cfg, 1600, 1), cfg.batch, shuffle=True)
val = DataLoader(make_docs(cfg, 400, 2), 400)
model = TextCNN(cfg)
opt = torch.optim.Adam(model.parameters(), lr=cfg.lr)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=5, gamma=0.3)
for epoch in range(cfg.epochs):
    model.train()
    tot = 0.0
    for x, y in train:
        loss = nn.functional.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item()
    sched.step()
    model.eval()
    with torch.no_grad():
        x, y = next(iter(val))
        acc = (model(x).argmax(1) == y).float().mean().item()
    print(f"{epoch}: train {tot / len(train):.4f} val_acc {acc:.4f}")
