# Galaxy / star / quasar / artefact from 6 magnitudes and 6 colour indices
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(61)
torch.manual_seed(61)
proto = rng.normal(0, 1, (4, 3, 12))


def survey(n, rng):
    y = rng.integers(0, 4, n)
    sub = rng.integers(0, 3, n)
    x = proto[y, sub] + rng.normal(0, 0.6, (n, 12))
    x[:, :6] = 18.5 + 1.6 * x[:, :6]
    x[:, 6:] = 0.4 + 0.3 * x[:, 6:]
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class SurveyNet(nn.Module):
    def __init__(self, hidden=48, n_class=4):
        super().__init__()
        self.norm = nn.BatchNorm1d(6)
        self.mag_fc = nn.Linear(6, hidden // 2)
        self.col_fc = nn.Linear(6, hidden // 2)
        self.fc = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, n_class)

    def forward(self, x):
        magnitudes, colours = x[:, :6], x[:, 6:]
        a = F.relu(self.mag_fc(self.norm(magnitudes)))
        b = F.relu(self.col_fc(self.norm(colours)))
        return self.out(F.relu(self.fc(torch.cat([a, b], dim=1))))


def epoch_pass(net, loader, optimizer=None):
    net.train() if optimizer else net.eval()
    loss_sum, right, count = 0.0, 0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:
            logits = net(x)
            loss = F.cross_entropy(logits, y)
            if optimizer:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss_sum += loss.item() * len(y)
            right += (logits.argmax(1) == y).sum().item()
            count += len(y)
    return loss_sum / count, right / count


train_loader = DataLoader(TensorDataset(*survey(1600, rng)), batch_size=32, shuffle=True)
valid_loader = DataLoader(TensorDataset(*survey(500, rng)), batch_size=250)
net = SurveyNet()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(12):
    tr = epoch_pass(net, train_loader, optimizer)
    va = epoch_pass(net, valid_loader)
    print(f"epoch {epoch + 1:2d} train {tr[0]:.3f} {tr[1]:.3f} | valid {va[0]:.3f} {va[1]:.3f}")
print("valid accuracy", va[1])
