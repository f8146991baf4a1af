import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, random_split

torch.manual_seed(11)


class Imgs(Dataset):
    def __init__(self):
        self.x = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i]


full = Imgs()
train_set, val_set = random_split(full, [1437, 360], generator=torch.Generator().manual_seed(0))
train_loader = DataLoader(train_set, 64, shuffle=True)

# fixed corruption for validation so that epochs are comparable
clean_val = torch.stack([val_set[i] for i in range(len(val_set))])
g = torch.Generator().manual_seed(123)
noisy_val = (clean_val + 0.35 * torch.randn(clean_val.shape, generator=g)).clamp(0, 1)


class DAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Flatten(),
            nn.Linear(32 * 16, 48),
        )
        self.dec = nn.Sequential(
            nn.Linear(48, 32 * 16),
            nn.LeakyReLU(0.1),
            nn.Unflatten(1, (32, 4, 4)),
            nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(16, 1, 3, padding=1),
        )

    def forward(self, x):
        return self.dec(self.enc(x))  # logits


model = DAE()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)


def psnr(a, b):
    return -10 * torch.log10(F.mse_loss(a, b))


print("noisy input psnr %.2f dB" % psnr(noisy_val, clean_val))
print(
    "mean image psnr %.2f dB"
    % psnr(
        torch.stack([train_set[i] for i in range(len(train_set))]).mean(0).expand_as(clean_val),
        clean_val,
    )
)
for ep in range(20):
    model.train()
    s = 0.0
    for x in train_loader:
        noisy = (x + 0.35 * torch.randn_like(x)).clamp(0, 1)
        loss = F.binary_cross_entropy_with_logits(model(noisy), x)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item()
    model.eval()
    with torch.no_grad():
        lg = model(noisy_val)
        vl = F.binary_cross_entropy_with_logits(lg, clean_val)
        v = psnr(torch.sigmoid(lg), clean_val)
    print(f"ep {ep} train_bce {s / len(train_loader):.4f} val_bce {vl:.4f} val_psnr {v:.2f}")
