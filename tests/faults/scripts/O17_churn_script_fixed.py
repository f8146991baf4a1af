import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
config = dict(batch_size=32, lr=1e-3, epochs=20, hidden=32)


def get_loaders(cfg):
    X, y = load_breast_cancer(return_X_y=True)
    a, b, c, d = train_test_split(X, y, test_size=0.25, stratify=y, random_state=7)
    s = StandardScaler().fit(a)
    mk = lambda X, y: TensorDataset(torch.tensor(s.transform(X)).float(), torch.tensor(y).float())
    return DataLoader(mk(a, c), cfg["batch_size"], shuffle=True), DataLoader(
        mk(b, d), cfg["batch_size"]
    )


def evaluate(model, loader):
    model.eval()
    hits, n = 0, 0
    with torch.no_grad():
        for xb, yb in loader:
            prob = torch.sigmoid(model(xb))
            hits += ((prob > 0.5).squeeze(1) == yb.bool()).sum().item()
            n += len(yb)
    return hits / n


def main(cfg):
    train_dl, val_dl = get_loaders(cfg)
    model = nn.Sequential(
        nn.Linear(30, cfg["hidden"]), nn.ReLU(), nn.Dropout(0.2), nn.Linear(cfg["hidden"], 1)
    )
    crit = nn.BCEWithLogitsLoss()
    optim = torch.optim.Adam(model.parameters(), lr=cfg["lr"])
    for ep in range(1, cfg["epochs"] + 1):
        model.train()
        running = 0
        for xb, yb in train_dl:
            loss = crit(model(xb), yb.unsqueeze(1))
            optim.zero_grad()
            loss.backward()
            optim.step()
            running += loss.item()
        print(
            f"[{ep:02d}] loss={running / len(train_dl):.4f} val_acc= {evaluate(model, val_dl):.4f}"
        )


if __name__ == "__main__":
    main(config)
