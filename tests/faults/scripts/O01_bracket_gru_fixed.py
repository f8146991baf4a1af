import numpy as np
import torch
from torch import nn

torch.manual_seed(9)
rng = np.random.RandomState(9)
EPOCHS, BATCH, LR = 14, 64, 3e-3


def make(n, length=16, vocab=12):
    """Label: bucket of the summed marker values."""
    seq = rng.randint(4, vocab, (n, length))
    lab = np.zeros(n, dtype=np.int64)
    for i in range(n):
        k = rng.randint(2, 8)
        pos = np.sort(rng.choice(length, k, replace=False))
        seq[i, pos] = rng.randint(0, 4, k)
        lab[i] = np.digitize(seq[i, pos].sum(), [4, 7, 10])
    return torch.from_numpy(seq), torch.from_numpy(lab)


class BracketNet(nn.Module):
    def __init__(self, vocab=12, emb=24, hid=48):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb)
        self.rnn = nn.GRU(emb, hid, batch_first=True)
        self.fc = nn.Linear(hid, 4)

    def forward(self, s):
        o, _ = self.rnn(self.emb(s))
        return self.fc(o[:, -1])


xtr, ytr = make(2400)
xva, yva = make(600)
net = BracketNet()
opt = torch.optim.Adam(net.parameters(), lr=LR)
for epoch in range(EPOCHS):
    net.train()
    perm = torch.randperm(len(xtr))
    total = 0.0
    for k in range(0, len(perm), BATCH):
        j = perm[k : k + BATCH]
        loss = nn.functional.cross_entropy(net(xtr[j]), ytr[j])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(j)
    net.eval()
    with torch.no_grad():
        logits = net(xva)
        acc = (logits.argmax(1) == yva).float().mean().item()
        vloss = nn.functional.cross_entropy(logits, yva).item()
    print(
        f"epoch {epoch + 1} | loss {total / len(xtr):.4f} | val loss {vloss:.4f} | val acc {acc:.4f}"
    )
