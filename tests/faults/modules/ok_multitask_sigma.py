import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from lightning.pytorch import LightningDataModule, LightningModule
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, Subset


class DigitTasks(Dataset):
    """returns a dict: image, class, centre of mass (pixels), amount of ink (0..1024)"""

    def __init__(self):
        d = load_digits()
        self.img, self.cls = d.images.astype(np.float32), d.target

    def __len__(self):
        return len(self.cls)

    def __getitem__(self, i):
        im = self.img[i]
        yy, xx = np.mgrid[:8, :8]
        com = np.array([(im * yy).sum(), (im * xx).sum()]) / im.sum()
        return {
            "image": im[None],
            "cls": int(self.cls[i]),
            "com": com.astype(np.float32),
            "ink": np.float32(im.sum()),
        }


class Data(LightningDataModule):
    def __init__(self):
        super().__init__()
        ds = DigitTasks()
        p = np.random.RandomState(17).permutation(len(ds))
        self.a, self.b = Subset(ds, p[:1300].tolist()), Subset(ds, p[1300:].tolist())

    def train_dataloader(self):
        return DataLoader(self.a, 32, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.b, 128)


class Model(LightningModule):
    # homoscedastic uncertainty weighting, Kendall et al.
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(512, 64),
            nn.ReLU(),
        )
        self.cls, self.com, self.ink = nn.Linear(64, 10), nn.Linear(64, 2), nn.Linear(64, 1)
        self.log_var = nn.ParameterDict(
            {k: nn.Parameter(torch.zeros(())) for k in ("cls", "com", "ink")}
        )

    def forward(self, img):
        h = self.trunk(img / 16)
        return self.cls(h), 3.5 + self.com(h), 300 + 60 * self.ink(h).squeeze(1)

    def losses(self, b):
        c, m, k = self(b["image"])
        return (
            c,
            m,
            k,
            {
                "cls": F.cross_entropy(c, b["cls"]),
                "com": 0.5 * F.mse_loss(m, b["com"]),
                "ink": 0.5 * F.mse_loss(k / 60, b["ink"] / 60),
            },
        )

    def training_step(self, b, _):
        *_, ls = self.losses(b)
        total = sum(torch.exp(-self.log_var[k]) * ls[k] + 0.5 * self.log_var[k] for k in ls)
        self.log_dict({f"train_{k}": v for k, v in ls.items()})
        self.log("train_loss", total)  # drops below zero once the sigmas shrink
        return total

    def validation_step(self, b, _):
        c, m, k, ls = self.losses(b)
        n = len(c)
        self.log("val_loss", sum(ls.values()), batch_size=n)
        self.log("val_acc", (c.argmax(1) == b["cls"]).float().mean(), batch_size=n)
        self.log("val_com_mae", (m - b["com"]).abs().mean(), batch_size=n)
        self.log("val_ink_mae", (k - b["ink"]).abs().mean(), batch_size=n)

    def configure_optimizers(self):
        sig = list(self.log_var.parameters())
        rest = [p for n, p in self.named_parameters() if not n.startswith("log_var")]
        opt = torch.optim.Adam([{"params": rest, "lr": 1e-3}, {"params": sig, "lr": 5e-3}])
        return [opt], [torch.optim.lr_scheduler.StepLR(opt, 6, 0.4)]
