import numpy as np
import torch
from sklearn.datasets import make_classification
from torch import nn

torch.manual_seed(11)
np.random.seed(11)


class Trainer:
    def __init__(self, model, opt, data, batch_size=64):
        self.model, self.opt = model, opt
        self.xtr, self.ytr, self.xva, self.yva = data
        self.bs = batch_size
        self.loss_fn = nn.CrossEntropyLoss()

    def run_epoch(self):
        self.model.train()
        order = torch.randperm(len(self.xtr))
        losses = []
        for i in range(0, len(order), self.bs):
            idx = order[i : i + self.bs]
            loss = self.loss_fn(self.model(self.xtr[idx]), self.ytr[idx])
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)

    def validate(self):
        self.model.eval()
        with torch.no_grad():
            out = self.model(self.xva)
            return (out.argmax(1) == self.yva).float().mean().item()

    def fit(self, epochs):
        for e in range(epochs):
            l = self.run_epoch()
            print("epoch", e, "loss", round(l, 4), "val acc", round(self.validate(), 4))


X, y = make_classification(
    2400, 20, n_informative=12, n_redundant=2, n_classes=4, class_sep=1.3, random_state=11
)
X = X.astype(np.float32)
mu, sd = X[:1800].mean(0), X[:1800].std(0)
X = torch.from_numpy((X - mu) / sd)
y = torch.from_numpy(y).long()
model = nn.Sequential(
    nn.Linear(20, 128),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(128, 128),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(128, 4),
)
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-3)
Trainer(model, opt, (X[:1800], y[:1800], X[1800:], y[1800:])).fit(25)
