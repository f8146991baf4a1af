import torch
from torch import nn

torch.manual_seed(23)
L, V, BASE_LR, WARMUP = 16, 6, 1e-3, 40


def make(n, g):
    """Label: does the first symbol occur at least three more times?"""
    x = torch.randint(0, V, (n, L), generator=g)
    y = ((x[:, 1:] == x[:, :1]).sum(1) >= 3).long()
    return x, y


class Classifier(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.tok = nn.Embedding(V, d)
        self.pos = nn.Parameter(torch.randn(1, L, d) * 0.1)
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 2)
        self.out = nn.Linear(d, 2)

    def forward(self, x):
        return self.out(self.enc(self.tok(x) + self.pos)[:, 0])


g = torch.Generator().manual_seed(23)
x, y = make(3000, g)
xv, yv = make(600, g)
net = Classifier()
opt = torch.optim.AdamW(net.parameters(), lr=BASE_LR, weight_decay=0.01)


def warmup(step):
    return BASE_LR * min(1.0, (step + 1) / WARMUP)


sched = torch.optim.lr_scheduler.LambdaLR(opt, warmup)
lossf = nn.CrossEntropyLoss()
for epoch in range(14):
    net.train()
    tot = 0.0
    for idx in torch.randperm(len(x)).split(64):
        loss = lossf(net(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        tot += loss.item() * len(idx)
    net.eval()
    with torch.no_grad():
        acc = (net(xv).argmax(1) == yv).float().mean().item()
    print(f"epoch {epoch:2d} train loss {tot / len(x):.4f} val acc {acc:.4f}")
