import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torchmetrics.classification import BinaryAccuracy

torch.manual_seed(9)


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_normal_(m.weight)
        nn.init.zeros_(m.bias)


def get_data():
    x, y = make_classification(
        2400,
        30,
        n_informative=12,
        n_redundant=6,
        n_clusters_per_class=3,
        class_sep=1.3,
        flip_y=0.01,
        random_state=9,
    )
    xt, xv, yt, yv = train_test_split(x, y, test_size=0.25, random_state=9, stratify=y)
    sc = StandardScaler().fit(xt)
    f = lambda a: torch.tensor(sc.transform(a), dtype=torch.float32)
    return f(xt), f(xv), torch.tensor(yt).float(), torch.tensor(yv).float()


xt, xv, yt, yv = get_data()
H = 128
model = nn.Sequential(
    nn.Linear(30, H),
    nn.Tanh(),
    nn.Linear(H, H),
    nn.Tanh(),
    nn.Linear(H, H),
    nn.Tanh(),
    nn.Linear(H, 1),
)
model.apply(init_weights)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
bce = nn.BCEWithLogitsLoss()
metric = BinaryAccuracy()

for epoch in range(20):
    model.train()
    order = torch.randperm(len(xt))
    epoch_loss = 0.0
    for start in range(0, len(xt), 50):
        sel = order[start : start + 50]
        loss = bce(model(xt[sel]).squeeze(1), yt[sel])
        opt.zero_grad()
        loss.backward()
        opt.step()
        epoch_loss += loss.item() * len(sel)
    model.eval()
    metric.reset()
    with torch.no_grad():
        metric.update(model(xv).squeeze(1).sigmoid(), yv.int())
    print(f"epoch {epoch}: train {epoch_loss / len(xt):.4f} val_acc {metric.compute().item():.4f}")
