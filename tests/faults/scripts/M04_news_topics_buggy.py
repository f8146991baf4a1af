# Topic classification of short generated headlines, bag of words + MLP
import random
from collections import Counter

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

random.seed(0)
torch.manual_seed(0)

WORDS = {
    "sport": "match team goal coach league player win season injury cup".split(),
    "politics": "vote minister party law election senate debate reform tax mayor".split(),
    "science": "study cell planet theory lab data gene energy probe climate".split(),
    "finance": "bank stock market rate loan profit fund trade tax price".split(),
    "culture": "film museum novel actor music stage painting festival song prize".split(),
    "travel": "flight hotel beach island guide train tour border season price".split(),
}
COMMON = "the a new after says for from with report old big early today again first plan".split()
TOPICS = list(WORDS)


def headline():
    k = random.randrange(len(TOPICS))
    words = random.choices(WORDS[TOPICS[k]], k=2) + random.choices(COMMON, k=5)
    words += random.choices(WORDS[random.choice(TOPICS)], k=1)
    random.shuffle(words)
    return " ".join(words), k


corpus = [headline() for _ in range(2400)]
vocab = {
    w: i for i, (w, _) in enumerate(Counter(w for s, _ in corpus for w in s.split()).most_common())
}


class Headlines(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        text, label = self.rows[i]
        v = torch.zeros(len(vocab))
        for w in text.split():
            v[vocab[w]] += 1
        return v, label


class TopicNet(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.hidden = nn.Linear(n_in, 48)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(48, n_out)

    def forward(self, x):
        x = self.drop(torch.relu(self.hidden(x)))
        return torch.softmax(self.out(x), dim=1)


train_dl = DataLoader(Headlines(corpus[:1800]), batch_size=32, shuffle=True)
test_dl = DataLoader(Headlines(corpus[1800:]), batch_size=100)
net = TopicNet(len(vocab), len(TOPICS))
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.SGD(net.parameters(), lr=0.1)


def accuracy(dl):
    net.eval()
    hits = 0
    with torch.no_grad():
        for x, y in dl:
            hits += (net(x).argmax(1) == y).sum().item()
    return hits / len(dl.dataset)


for epoch in range(6):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        loss = loss_fn(net(x), y)
        loss.backward()
        opt.step()
    print(f"epoch {epoch} last loss {loss.item():.3f} test accuracy {accuracy(test_dl):.3f}")
print(accuracy(test_dl))
