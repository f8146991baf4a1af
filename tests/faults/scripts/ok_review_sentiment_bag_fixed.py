"""Sentiment of generated reviews with negation bigrams; EmbeddingBag with offsets, checkpoint of the best model."""

import os
import random
import tempfile

import torch
import torch.nn as nn
from torch.utils.data import DataLoader

GOOD = ["great", "lovely", "fresh", "friendly", "tasty", "quick", "clean"]
BAD = ["awful", "slow", "rude", "stale", "noisy", "dirty", "cold"]
THINGS = ["food", "staff", "room", "service", "soup", "music", "place"]
INTENS = ["very", "really", "quite", "so", ""]


def sentence(positive, rng):
    negate = rng.random() < 0.4
    word = rng.choice(GOOD if positive != negate else BAD)
    return f"the {rng.choice(THINGS)} was {'not ' if negate else ''}{rng.choice(INTENS)} {word}"


def review(rng):
    label = rng.randint(0, 1)
    parts = [sentence(bool(label), rng) for _ in range(rng.randint(2, 3))]
    if rng.random() < 0.3:
        parts.append(sentence(not label, rng))
    rng.shuffle(parts)
    return " and ".join(parts), label


def tokenise(text):
    w = text.split()
    return (
        w
        + [a + "_" + b for a, b in zip(w, w[1:])]
        + [a + "_" + c for a, b, c in zip(w, w[1:], w[2:])]
    )


rng = random.Random(1)
torch.manual_seed(1)
data = [review(rng) for _ in range(2500)]
train, valid = data[:2000], data[2000:]
vocab = {"<unk>": 0}
for text, _ in train:
    for tok in tokenise(text):
        vocab.setdefault(tok, len(vocab))


def collate(batch):
    ids, offsets, labels = [], [], []
    for text, label in batch:
        offsets.append(len(ids))
        ids += [vocab.get(t, 0) for t in tokenise(text)]
        labels.append(label)
    return torch.tensor(ids), torch.tensor(offsets), torch.tensor(labels)


train_iter = DataLoader(train, batch_size=32, shuffle=True, collate_fn=collate)
valid_iter = DataLoader(valid, batch_size=100, collate_fn=collate)


class BagClassifier(nn.Module):
    def __init__(self, n_vocab, dim, n_class):
        super().__init__()
        self.embedding = nn.EmbeddingBag(n_vocab, dim, mode="mean")
        self.fc = nn.Linear(dim, n_class)

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


model = BagClassifier(len(vocab), 32, 2)
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
path = os.path.join(tempfile.mkdtemp(), "best.pt")
best_acc = 0.0
for epoch in range(6):
    model.train()
    for text, offsets, labels in train_iter:
        optimizer.zero_grad()
        loss = criterion(model(text, offsets), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval()
    good = 0
    with torch.no_grad():
        for text, offsets, labels in valid_iter:
            good += (model(text, offsets).argmax(1) == labels).sum().item()
    acc = good / len(valid)
    print(f"epoch {epoch}: loss {loss.item():.3f} valid acc {acc:.3f}")
    if acc > best_acc:
        best_acc = acc
        torch.save(model.state_dict(), path)
model.load_state_dict(torch.load(path))
print("best validation accuracy", best_acc)
