import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(13)
np.random.seed(13)

VOCAB, LENGTH, HIDDEN = 8, 14, 40


def get_batch(n):
    seq = np.random.randint(0, VOCAB, (n, LENGTH))
    target = seq[:, 0]
    return torch.tensor(seq), torch.tensor(target)


class MyRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, 16)
        self.cell = nn.GRUCell(16, HIDDEN)
        self.classifier = nn.Sequential(nn.Linear(HIDDEN, 64), nn.ReLU(), nn.Linear(64, VOCAB))

    def forward(self, tokens):
        e = self.embed(tokens)
        h = torch.zeros(tokens.size(0), HIDDEN)
        for t in range(tokens.size(1)):
            h = self.cell(e[:, t], h)
        return self.classifier(h)


train_x, train_y = get_batch(3000)
val_x, val_y = get_batch(500)
rnn = MyRNN()
optimizer = torch.optim.Adam(rnn.parameters(), lr=0.005)
criterion = nn.CrossEntropyLoss()
for epoch in range(1, 31):
    rnn.train()
    order = np.random.permutation(len(train_x))
    total_loss = 0
    for k in range(0, len(order), 100):
        idx = order[k : k + 100]
        optimizer.zero_grad()
        output = rnn(train_x[idx])
        loss = criterion(output, train_y[idx])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rnn.parameters(), 1.0)
        optimizer.step()
        total_loss += loss.item()
    if epoch % 5 == 0:
        rnn.eval()
        with torch.no_grad():
            acc = (rnn(val_x).argmax(dim=1) == val_y).float().mean()
        print(f"Epoch {epoch}: loss {total_loss / 30:.4f}")
        print(f"Val accuracy: {acc:.4f}")
