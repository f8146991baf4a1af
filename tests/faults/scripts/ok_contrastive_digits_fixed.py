# Contrastive pretraining (NT-Xent) on unlabelled digits, then a linear probe on few labels
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

torch.manual_seed(30)
digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = digits.target
X_train, X_test, y_train, y_test = X[:1300], X[1300:], y[:1300], y[1300:]


def augment(x):
    b = x.size(0)
    theta = torch.zeros(b, 2, 3)
    angle = (torch.rand(b) - 0.5) * 0.5
    scale = 1 + (torch.rand(b) - 0.5) * 0.3
    theta[:, 0, 0], theta[:, 0, 1] = angle.cos() * scale, -angle.sin() * scale
    theta[:, 1, 0], theta[:, 1, 1] = angle.sin() * scale, angle.cos() * scale
    theta[:, :, 2] = (torch.rand(b, 2) - 0.5) * 0.4
    x = F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False)
    return x + 0.05 * torch.randn_like(x)


class SimCLR(nn.Module):
    def __init__(self, dim=64, proj=32):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 16, dim),
        )
        self.projector = nn.Sequential(
            nn.ReLU(), nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, proj)
        )

    def forward(self, x):
        return F.normalize(self.projector(self.encoder(x)), dim=1)


def nt_xent(z1, z2, temperature=0.3):
    z = torch.cat([z1, z2])
    sim = z @ z.T / temperature
    sim.fill_diagonal_(float("-inf"))
    n = len(z1)
    targets = torch.cat([torch.arange(n) + n, torch.arange(n)])
    return F.cross_entropy(sim, targets)


def probe(model, labels=100):
    model.eval()
    with torch.no_grad():
        a, b = model.encoder(X_train[:labels]).numpy(), model.encoder(X_test).numpy()
    return LogisticRegression(max_iter=500).fit(a, y_train[:labels]).score(b, y_test)


model = SimCLR()
untrained = probe(model)
print("probe of the untrained encoder", round(untrained, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-5)
for epoch in range(14):
    model.train()
    losses = []
    for idx in torch.randperm(len(X_train)).split(130):
        loss = nt_xent(model(augment(X_train[idx])), model(augment(X_train[idx])))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1}: contrastive loss {sum(losses) / len(losses):.3f}")
print(f"linear probe accuracy {probe(model):.4f} (untrained encoder {untrained:.4f})")
