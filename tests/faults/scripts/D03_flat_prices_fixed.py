import numpy as np
import torch
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(11)
torch.manual_seed(11)

n = 1600
area = np.random.uniform(25, 160, n)
rooms = np.clip(np.round(area / 28 + np.random.randn(n)), 1, 7)
floor = np.random.randint(0, 12, n)
age = np.random.uniform(0, 90, n)
dist = np.random.gamma(2.0, 3.0, n)
price = (
    3100 * area
    + 9000 * rooms
    + 2500 * floor
    - 700 * age
    - 6500 * dist
    + 40 * area * (dist < 3) * 25
)
price = price + 12000 * np.random.randn(n) + 60000
X = np.stack([area, rooms, floor, age, dist], 1).astype(np.float32)
y = price.astype(np.float32)[:, None]

X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=0)
x_scaler = StandardScaler().fit(X_train)
X_train, X_val = x_scaler.transform(X_train), x_scaler.transform(X_val)
y_scaler = StandardScaler().fit(y_train)
t_train = torch.tensor(y_scaler.transform(y_train))


class Sequential:
    """fit / predict in the way I know them"""

    def __init__(self, *layers):
        self.net = nn.Sequential(*layers)

    def compile(self, lr):
        self.opt = torch.optim.Adam(self.net.parameters(), lr=lr)
        self.loss = nn.MSELoss()

    def fit(self, x, t, epochs, batch_size):
        dl = DataLoader(TensorDataset(x, t), batch_size=batch_size, shuffle=True)
        for epoch in range(epochs):
            self.net.train()
            total = 0.0
            for xb, tb in dl:
                self.opt.zero_grad()
                l = self.loss(self.net(xb), tb)
                l.backward()
                self.opt.step()
                total += l.item() * len(xb)
            if epoch % 20 == 0:
                print(f"epoch {epoch} loss {total / len(x):.4f}")

    def predict(self, x):
        self.net.eval()
        with torch.no_grad():
            return self.net(x).numpy()


model = Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
model.compile(lr=1e-3)
model.fit(torch.tensor(X_train), t_train, epochs=60, batch_size=32)
pred = y_scaler.inverse_transform(model.predict(torch.tensor(X_val)))
print("val r2:", round(r2_score(y_val, pred), 4))
