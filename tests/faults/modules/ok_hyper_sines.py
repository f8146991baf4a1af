"""A hypernetwork reads 10 context points of an unknown sine and emits all weights of a small MLP for that sine."""

import lightning as L
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class Sines(Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        amp = 0.5 + 1.5 * torch.rand(n, 1, generator=g)
        ph = 6.2832 * torch.rand(n, 1, generator=g)
        self.x = 4 * torch.rand(n, 30, generator=g) - 2
        self.y = amp * torch.sin(1.5 * self.x + ph)
        self.y[:, :10] += 0.05 * torch.randn(n, 10, generator=g)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        x, y = self.x[i, :, None], self.y[i, :, None]
        return {"ctx": torch.cat([x[:10], y[:10]], -1), "xq": x[10:], "yq": y[10:]}


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Sines(2560, 0), 32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(Sines(400, 1), 200)


class Model(L.LightningModule):
    SHAPES = [(1, 24), (24,), (24, 1), (1,)]

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.point = nn.Sequential(nn.Linear(2, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU())
        self.gen = nn.Sequential(nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, 24 + 24 + 24 + 1))
        # generated weights are offsets around a shared target network
        self.base = nn.Parameter(
            torch.cat(
                [torch.randn(24) * 2, torch.randn(24) * 2, torch.randn(24) * 0.2, torch.zeros(1)]
            )
        )
        nn.init.normal_(self.gen[-1].weight, std=0.02)
        nn.init.zeros_(self.gen[-1].bias)
        self.accum = 2

    def forward(self, ctx, xq):
        flat = self.base + self.gen(self.point(ctx).mean(1))
        w1, b1, w2, b2 = flat.split([24, 24, 24, 1], dim=1)
        h = torch.tanh(torch.bmm(xq, w1.unsqueeze(1)) + b1.unsqueeze(1))
        return torch.bmm(h, w2.unsqueeze(2)) + b2.unsqueeze(1)

    def training_step(self, b, i):
        opt, sch = self.optimizers(), self.lr_schedulers()
        loss = (self(b["ctx"], b["xq"]) - b["yq"]).square().mean()
        self.manual_backward(loss / self.accum)
        if (i + 1) % self.accum == 0:
            self.clip_gradients(opt, gradient_clip_val=1.0, gradient_clip_algorithm="norm")
            opt.step()
            opt.zero_grad()
            sch.step()
        self.log("train_loss", loss)

    def validation_step(self, b, i):
        p = self(b["ctx"], b["xq"])
        mse = (p - b["yq"]).square().mean()
        self.log("val_loss", mse, batch_size=len(p))
        self.log("val_r2", 1 - mse / b["yq"].square().mean(), batch_size=len(p))

    def configure_optimizers(self):
        opt = torch.optim.Adam(self.parameters(), lr=4e-3)
        sch = torch.optim.lr_scheduler.LambdaLR(
            opt, lambda s: min(1.0, (s + 1) / 40) * max(0.05, 1 - s / 800)
        )
        return [opt], [sch]
