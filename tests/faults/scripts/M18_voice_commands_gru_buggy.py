"""Intent of a voice command (generated text), token ids into a GRU."""

import random

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

TEMPLATES = {
    "alarm": ["wake me at {n}", "set an alarm for {n}", "please set the alarm to {n} {day}"],
    "music": ["play {song} now", "please play the song {song}", "put on {song} in the {room}"],
    "weather": [
        "will it rain {day}",
        "how warm is it {day} at {n}",
        "tell me the weather for {day}",
    ],
    "light": [
        "turn the light off in the {room}",
        "make the {room} light warm",
        "set the {room} light to {n}",
    ],
    "timer": [
        "start a timer for {n} minutes",
        "remind me in {n} minutes",
        "set the timer to {n} please",
    ],
}
SLOTS = {
    "n": "one two three four five six seven eight nine ten".split(),
    "song": "yesterday imagine thriller hello creep waterloo".split(),
    "day": "today tomorrow monday friday sunday".split(),
    "room": "kitchen bedroom hall bathroom office".split(),
}
INTENTS = sorted(TEMPLATES)


def generate(n, rng):
    """n different sentences with their intent"""
    rows = {}
    while len(rows) < n:
        k = rng.randrange(len(INTENTS))
        text = rng.choice(TEMPLATES[INTENTS[k]])
        words = text.format(**{s: rng.choice(v) for s, v in SLOTS.items()}).split()
        for _ in range(rng.randrange(3)):
            words.insert(
                rng.randrange(len(words) + 1),
                rng.choice(["um", "please", "now", "the", "ok", "so"]),
            )
        rows.setdefault(" ".join(words), k)
    return [(text.split(), k) for text, k in rows.items()]


class Commands(Dataset):
    def __init__(self, rows, vocab, length=10):
        self.items = []
        for text, k in rows:
            ids = [vocab.get(w, 1) for w in text][:length]
            self.items.append((torch.tensor([0] * (length - len(ids)) + ids), k))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class IntentNet(nn.Module):
    def __init__(self, vocab_size, hidden=32, classes=5):
        super().__init__()
        self.vocab_size = vocab_size
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, ids):
        x = ids.unsqueeze(-1).float() / self.vocab_size
        _, h = self.gru(x)
        return self.fc(h[-1])


def main():
    rng = random.Random(3)
    torch.manual_seed(3)
    rows = generate(1300, rng)
    rng.shuffle(rows)
    train_rows, test_rows = rows[:1000], rows[1000:]
    words = sorted({w for text, _ in train_rows for w in text})
    rng.shuffle(words)
    vocab = {w: i + 2 for i, w in enumerate(words)}
    train_dl = DataLoader(Commands(train_rows, vocab), batch_size=32, shuffle=True)
    test_dl = DataLoader(Commands(test_rows, vocab), batch_size=100)
    net = IntentNet(len(vocab) + 2)
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(6):
        net.train()
        total = 0.0
        for ids, k in train_dl:
            loss = loss_fn(net(ids), k)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
        net.eval()
        with torch.no_grad():
            acc = sum((net(ids).argmax(1) == k).sum().item() for ids, k in test_dl) / len(test_rows)
        print(f"epoch {epoch + 1} loss {total / len(train_dl):.3f} test acc {acc:.3f}")
    print("test accuracy", acc)


main()
