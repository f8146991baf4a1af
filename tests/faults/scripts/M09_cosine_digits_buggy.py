import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(1)
TEMPERATURE = 0.008

d = load_digits()
xa, xb, ya, yb = train_test_split(
    d.data / 16.0, d.target, test_size=0.25, random_state=1, stratify=d.target
)
xa, xb = torch.tensor(xa).float(), torch.tensor(xb).float()
ya, yb = torch.tensor(ya), torch.tensor(yb)


class CosineClassifier(nn.Module):
    """Embeds the image and compares it with one prototype per class."""

    def __init__(self, dim=8):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, dim))
        self.proto = nn.Parameter(torch.randn(10, dim))

    def forward(self, x):
        z = F.normalize(self.embed(x), dim=1)
        p = F.normalize(self.proto, dim=1)
        return z @ p.t() / TEMPERATURE


def prototype_loss(sim, y):
    log_norm = torch.log(torch.exp(sim).sum(dim=1))
    own = sim[torch.arange(len(y)), y]
    return (log_norm - own).mean()


net = CosineClassifier()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(25):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(xa)).split(64):
        loss = prototype_loss(net(xa[idx]), ya[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(idx)
    net.eval()
    with torch.no_grad():
        s = net(xb)
        acc = (s.argmax(1) == yb).float().mean().item()
    print(
        f"epoch {epoch:2d} | loss {total / len(xa):.4f} | val loss {prototype_loss(s, yb):.4f} | val acc {acc:.4f}"
    )
