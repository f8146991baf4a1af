import numpy as np
import torch
from sklearn.metrics import f1_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(5)
torch.manual_seed(5)

VOCAB, LEN, GENRES = 300, 30, 8
topic_words = [np.random.choice(VOCAB, 18, replace=False) for _ in range(GENRES)]


def synth(n):
    tok = np.zeros((n, LEN), dtype=np.int64)
    lab = np.zeros((n, GENRES), dtype=np.float32)
    for i in range(n):
        k = np.random.randint(0, 5)
        gs = np.random.choice(GENRES, k, replace=False)
        lab[i, gs] = 1
        words = np.random.randint(0, VOCAB, LEN)
        for g in gs:
            pos = np.random.choice(LEN, 5, replace=False)
            words[pos] = np.random.choice(topic_words[g], 5)
        tok[i] = words
    return torch.from_numpy(tok), torch.from_numpy(lab)


train_ds = TensorDataset(*synth(2400))
val_tok, val_lab = synth(600)
loader = DataLoader(train_ds, batch_size=64, shuffle=True)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.EmbeddingBag(VOCAB, 48, mode="mean")
        self.mlp = nn.Sequential(
            nn.LayerNorm(48), nn.Linear(48, 96), nn.ReLU(), nn.Linear(96, GENRES)
        )

    def forward(self, t):
        return self.mlp(self.emb(t))


tagger = Tagger()
criterion = nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(tagger.parameters(), lr=3e-3)

for epoch in range(20):
    tagger.train()
    acc_loss = 0
    for t, l in loader:
        out = tagger(t)
        loss = criterion(out, l)
        opt.zero_grad()
        loss.backward()
        opt.step()
        acc_loss += loss.item()
    tagger.eval()
    with torch.no_grad():
        pred = (torch.sigmoid(tagger(val_tok)) > 0.5).int().numpy()
    f1 = f1_score(val_lab.int().numpy(), pred, average="micro")
    print(f"epoch {epoch} loss {acc_loss / len(loader):.4f} micro-F1 {f1:.4f}")
