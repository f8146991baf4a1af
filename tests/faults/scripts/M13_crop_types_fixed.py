import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.kaiming_uniform_(m.weight, nonlinearity="relu")
        nn.init.constant_(m.bias, 0.0)


def build_model(n_features, n_classes):
    model = nn.Sequential(
        nn.Linear(n_features, 64),
        nn.ReLU(),
        nn.Linear(64, 32),
        nn.ReLU(),
        nn.Linear(32, n_classes),
    )
    model.apply(init_weights)
    return model


def main():
    torch.manual_seed(4)
    X, y = make_classification(
        n_samples=2000,
        n_features=20,
        n_informative=10,
        n_redundant=4,
        n_classes=5,
        n_clusters_per_class=1,
        class_sep=1.5,
        flip_y=0.0,
        random_state=4,
    )
    Xt, Xv, yt, yv = train_test_split(X, y, test_size=0.25, random_state=4, stratify=y)
    sc = StandardScaler().fit(Xt)
    Xt = torch.tensor(sc.transform(Xt), dtype=torch.float32)
    Xv = torch.tensor(sc.transform(Xv), dtype=torch.float32)
    yt, yv = torch.tensor(yt), torch.tensor(yv)
    loader = DataLoader(TensorDataset(Xt, yt), batch_size=50, shuffle=True)

    model = build_model(20, 5)
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(15):
        model.train()
        ep_loss, ep_ok = 0.0, 0
        for xb, yb in loader:
            logits = model(xb)
            loss = criterion(logits, yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            ep_loss += loss.item() * len(yb)
            ep_ok += (logits.argmax(1) == yb).sum().item()
        model.eval()
        with torch.no_grad():
            out = model(Xv)
            vl = criterion(out, yv).item()
            va = (out.argmax(1) == yv).float().mean().item()
        print(
            f"{epoch:2d} train_loss {ep_loss / len(yt):.4f} train_acc {ep_ok / len(yt):.4f} val_loss {vl:.4f} val_acc {va:.4f}"
        )


if __name__ == "__main__":
    main()
