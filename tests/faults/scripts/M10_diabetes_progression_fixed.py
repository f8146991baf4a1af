import torch
import torch.nn.functional as F
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(11)


def prepare():
    X, y = load_diabetes(return_X_y=True)
    X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=100, random_state=11)
    x_scale = X_tr.std()
    y_mean, y_std = y_tr.mean(), y_tr.std()
    f = lambda a: torch.tensor(a, dtype=torch.float32)
    return (
        f(X_tr / x_scale),
        f(X_te / x_scale),
        f((y_tr - y_mean) / y_std),
        f((y_te - y_mean) / y_std),
    )


X_tr, X_te, y_tr, y_te = prepare()
model = nn.Sequential(
    nn.Linear(10, 24),
    nn.Tanh(),
    nn.Dropout(0.1),
    nn.Linear(24, 1),
)
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3, weight_decay=1e-3)

batch_size = 32
for epoch in range(60):
    model.train()
    order = torch.randperm(len(X_tr))
    running = 0.0
    for start in range(0, len(order), batch_size):
        sel = order[start : start + batch_size]
        pred = model(X_tr[sel]).squeeze(1)
        loss = F.mse_loss(pred, y_tr[sel])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item() * len(sel)
    if epoch % 10 == 9:
        model.eval()
        with torch.no_grad():
            val = r2_score(y_te.numpy(), model(X_te).flatten().numpy())
        print(f"epoch {epoch + 1}: train mse {running / len(X_tr):.3f}  test R2 {val:.3f}")

model.eval()
with torch.no_grad():
    final = r2_score(y_te.numpy(), model(X_te).flatten().numpy())
print("R2:", final)
