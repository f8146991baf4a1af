# NIR spectra of soil samples -> nitrogen content
import numpy as np
import torch
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

np.random.seed(1)
torch.manual_seed(1)

n_samples, n_bands = 500, 40
base = np.cumsum(np.random.randn(n_samples, n_bands), axis=1) * 0.3
nitrogen = 2.0 + 0.5 * base[:, 20] - 0.4 * base[:, 35] + 0.25 * np.random.randn(n_samples)
spectra = base + 0.2 * np.random.randn(n_samples, n_bands)

train_x, val_x, train_y, val_y = train_test_split(spectra, nitrogen, test_size=0.3, random_state=2)
sc = StandardScaler().fit(train_x)
mu, sd = train_y.mean(), train_y.std()

xt = torch.tensor(sc.transform(train_x), dtype=torch.float32)
yt = torch.tensor((train_y - mu) / sd, dtype=torch.float32).view(-1, 1)
xv = torch.tensor(sc.transform(val_x), dtype=torch.float32)

model = nn.Sequential(nn.Linear(n_bands, 128), nn.ReLU(), nn.Linear(128, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
mse = nn.MSELoss()

for epoch in range(150):
    model.train()
    order = torch.randperm(len(xt))
    for part in order.split(32):
        optimizer.zero_grad()
        mse(model(xt[part]), yt[part]).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    pred = model(xv).view(-1).numpy() * sd + mu
print("validation R2", round(float(r2_score(val_y, pred)), 4))
