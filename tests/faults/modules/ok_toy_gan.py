import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def samples(n, seed):
    g = torch.Generator().manual_seed(seed)
    side = torch.where(torch.rand(n, generator=g) < 0.5, -1.0, 1.0)
    return (side * 1.5 + 0.3 * torch.randn(n, generator=g)).unsqueeze(1)


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(
            TensorDataset(samples(4000, 0)), batch_size=100, shuffle=True, drop_last=True
        )

    def val_dataloader(self):
        return DataLoader(TensorDataset(samples(1000, 1)), batch_size=1000)


class Model(L.LightningModule):
    max_epochs = 25

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.gen = nn.Sequential(
            nn.Linear(4, 32),
            nn.LeakyReLU(0.2),
            nn.Linear(32, 32),
            nn.LeakyReLU(0.2),
            nn.Linear(32, 1),
        )
        self.critic = nn.Sequential(
            nn.Linear(1, 32),
            nn.LeakyReLU(0.2),
            nn.Linear(32, 32),
            nn.LeakyReLU(0.2),
            nn.Linear(32, 1),
        )

    def training_step(self, batch, batch_idx):
        (real,) = batch
        opt_g, opt_d = self.optimizers()
        fake = self.gen(torch.randn(len(real), 4))
        sp = nn.functional.softplus
        d_loss = sp(-self.critic(real)).mean() + sp(self.critic(fake.detach())).mean()
        opt_d.zero_grad()
        self.manual_backward(d_loss)
        opt_d.step()
        g_loss = sp(-self.critic(fake)).mean()
        opt_g.zero_grad()
        self.manual_backward(g_loss)
        opt_g.step()
        self.log_dict({"d_loss": d_loss, "g_loss": g_loss})

    def validation_step(self, batch, batch_idx):
        (real,) = batch
        g = torch.Generator().manual_seed(123)
        fake = self.gen(torch.randn(len(real), 4, generator=g))
        w = (real.flatten().sort().values - fake.flatten().sort().values).abs().mean()
        self.log("val_wasserstein", w)

    def configure_optimizers(self):
        return (
            torch.optim.Adam(self.gen.parameters(), lr=5e-4, betas=(0.5, 0.99)),
            torch.optim.Adam(self.critic.parameters(), lr=1e-3, betas=(0.5, 0.99)),
        )
