import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
DTYPE = torch.bfloat16

X, y = load_digits(return_X_y=True)
X = X / 16.0
Xt, Xv, yt, yv = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
Xt = torch.tensor(Xt).to(DTYPE)
Xv = torch.tensor(Xv).to(DTYPE)
yt, yv = torch.tensor(yt), torch.tensor(yv)

model = nn.Sequential(
    nn.Linear(64, 128),
    nn.ReLU(),
    nn.Linear(128, 64),
    nn.ReLU(),
    nn.Linear(64, 10),
).to(dtype=DTYPE)
opt = torch.optim.Adam(model.parameters(), lr=1e-4)
for ep in range(40):
    model.train()
    total = 0.0
    for b in torch.randperm(len(Xt)).split(32):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(Xt[b]).float(), yt[b])
        loss.backward()
        opt.step()
        total += loss.item() * len(b)
    model.eval()
    with torch.no_grad():
        z = model(Xv).float()
    print(
        f"epoch {ep} train {total / len(Xt):.4f} val {nn.functional.cross_entropy(z, yv).item():.4f} acc {(z.argmax(1) == yv).float().mean().item():.4f}"
    )
