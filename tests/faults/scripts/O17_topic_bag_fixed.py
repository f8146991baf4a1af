import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(31)
rng = np.random.default_rng(31)
VOCAB, TOPICS = 200, 5
probs = rng.dirichlet(np.full(VOCAB, 0.3), TOPICS) * 0.5 + 0.5 / VOCAB


class Docs(Dataset):
    def __init__(self, n):
        self.y = rng.integers(0, TOPICS, n)
        self.docs = [rng.choice(VOCAB, rng.integers(20, 40), p=probs[k]) for k in self.y]

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.docs[i], int(self.y[i])


def collate(items):
    offsets = np.cumsum([0] + [len(d) for d, _ in items[:-1]])
    text = torch.from_numpy(np.concatenate([d for d, _ in items]))
    return text, torch.from_numpy(offsets), torch.tensor([k for _, k in items])


train_dl = DataLoader(Docs(1500), batch_size=50, shuffle=True, collate_fn=collate)
val_dl = DataLoader(Docs(400), batch_size=100, collate_fn=collate)


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.EmbeddingBag(VOCAB, 32, mode="mean")
        self.fc = nn.Linear(32, TOPICS)

    def forward(self, text, offsets):
        return self.fc(self.emb(text, offsets))


model = Bag()
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(10):
    correct, total = 0, 0
    model.train()
    for text, off, lab in train_dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(text, off), lab)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        for text, off, lab in val_dl:
            out = model(text, off)
            correct += (out.argmax(1) == lab).sum().item()
            total += len(lab)
    print(f"epoch {epoch} loss {loss.item():.3f} val acc {correct / total:.3f}")
