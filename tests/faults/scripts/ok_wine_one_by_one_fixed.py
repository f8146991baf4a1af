import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

torch.manual_seed(1)
ACCUM = 8  # samples per weight update

x, y = load_wine(return_X_y=True)
xtr, xva, ytr, yva = train_test_split(x, y, test_size=0.3, random_state=5, stratify=y)
scaler = StandardScaler().fit(xtr)
xtr = torch.tensor(scaler.transform(xtr)).float()
xva = torch.tensor(scaler.transform(xva)).float()
ytr, yva = torch.tensor(ytr), torch.tensor(yva)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.Linear(13, 32)
        self.ln = torch.nn.LayerNorm(32)
        self.b = torch.nn.Linear(32, 3)

    def forward(self, v):
        return self.b(torch.tanh(self.ln(self.a(v))))


net = Net()
counts = torch.bincount(ytr).float()
ce = torch.nn.CrossEntropyLoss(weight=counts.sum() / (3 * counts), reduction="none")
opt = torch.optim.Adam(net.parameters(), lr=5e-3)

for epoch in range(1, 9):
    net.train()
    order = torch.randperm(len(xtr)).tolist()
    total = 0.0
    for start in range(0, len(order), ACCUM):
        group = order[start : start + ACCUM]
        opt.zero_grad()
        for i in group:
            # one sample at a time, as on the small board we deploy to
            loss = ce(net(xtr[i : i + 1]), ytr[i : i + 1]).sum() / len(group)
            loss.backward()
            total += loss.item() * len(group)
        opt.step()
    net.eval()
    with torch.no_grad():
        logits = net(xva)
        vloss = torch.nn.functional.cross_entropy(logits, yva).item()
        recalls = [(logits.argmax(1)[yva == c] == c).float().mean() for c in range(3)]
    print(
        f"{epoch:2d} | train {total / len(xtr):.4f} | val {vloss:.4f} | balanced acc {torch.stack(recalls).mean():.4f}"
    )
