import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
rng = np.random.default_rng(6)
V, L = 20, 16


def sample(n):
    s = np.zeros((n, L + 1), np.int64)
    s[:, 0] = rng.integers(0, V, n)
    for t in range(1, L + 1):
        nxt = (s[:, t - 1] * 3 + 7) % V
        noise = rng.random(n) < 0.1
        s[:, t] = np.where(noise, rng.integers(0, V, n), nxt)
    return torch.from_numpy(s)


class TinyLM(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.emb = nn.Embedding(V, dim)
        nn.init.normal_(self.emb.weight, std=0.1)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.dec = nn.Linear(dim, V)
        self.dec.weight = self.emb.weight

    def forward(self, x):
        h, _ = self.rnn(self.emb(x))
        return self.dec(h)


train_dl = DataLoader(TensorDataset(sample(1200)), batch_size=40, shuffle=True)
val = sample(200)
lm = TinyLM()
opt = torch.optim.Adam(lm.parameters(), lr=5e-3)
for epoch in range(10):
    lm.train()
    for (s,) in train_dl:
        logits = lm(s[:, :-1])
        loss = nn.functional.cross_entropy(logits.reshape(-1, V), s[:, 1:].reshape(-1))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(lm.parameters(), 1.0)
        opt.step()
    lm.eval()
    with torch.no_grad():
        acc = (lm(val[:, :-1]).argmax(-1) == val[:, 1:]).float().mean().item()
    print(f"epoch {epoch} nll {loss.item():.3f} next-token acc {acc:.3f}")
