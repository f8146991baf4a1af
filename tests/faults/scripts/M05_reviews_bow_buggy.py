import torch
from torch import nn

g = torch.Generator().manual_seed(5)
torch.manual_seed(5)

VOCAB, LEN, TOPICS = 300, 20, 6


def sample(n):
    topic = torch.randint(0, TOPICS, (n,), generator=g)
    common = torch.randint(1, VOCAB, (n, LEN), generator=g)
    own = topic[:, None] * 40 + torch.randint(1, 41, (n, LEN), generator=g)
    use = torch.rand(n, LEN, generator=g) < 0.3
    ids = torch.where(use, own, common)
    lengths = torch.randint(10, LEN + 1, (n, 1), generator=g)
    ids[torch.arange(LEN)[None] >= lengths] = 0
    return ids, topic


class BagNet(nn.Module):
    def __init__(self, dim=48):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, dim, padding_idx=0)
        self.fc1 = nn.Linear(dim, 64)
        self.fc2 = nn.Linear(64, TOPICS)

    def forward(self, ids):
        e = self.emb(ids)
        m = (ids > 0).float().unsqueeze(-1)
        v = (e * m).sum(1) / m.sum(1).clamp(min=1)
        h = torch.relu(self.fc1(v))
        return self.fc2(h)


class Trainer:
    def __init__(self, model, lr=3e-3):
        self.model = model
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)
        self.loss = nn.NLLLoss()

    def fit(self, x, y, epochs, bs=64):
        for _ in range(epochs):
            self.model.train()
            for b in torch.randperm(len(x)).split(bs):
                self.opt.zero_grad()
                self.loss(self.model(x[b]), y[b]).backward()
                self.opt.step()

    @torch.no_grad()
    def score(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(-1) == y).float().mean().item()


xtr, ytr = sample(2500)
xva, yva = sample(800)
tr = Trainer(BagNet())
tr.fit(xtr, ytr, epochs=15)
print("val_acc", tr.score(xva, yva))
