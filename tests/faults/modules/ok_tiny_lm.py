import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

L.seed_everything(2)
V, T = 16, 24


def corpus(n, seed):
    # second-order rule: next = (a + 2 b) % V with 5 % noise
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(0, V, (n, T + 1), generator=g)
    for t in range(2, T + 1):
        nxt = (x[:, t - 2] // 4 * 4 + x[:, t - 1] % 4 + 1) % V
        noise = torch.rand(n, generator=g) < 0.05
        x[:, t] = torch.where(noise, x[:, t], nxt)
    return TensorDataset(x)


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        self.tr, self.va = corpus(1200, 0), corpus(200, 1)

    def train_dataloader(self):
        return DataLoader(self.tr, 32, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.va, 200)


class Model(L.LightningModule):
    max_epochs = 12

    def __init__(self, d=48):
        super().__init__()
        self.tok, self.pos = nn.Embedding(V, d), nn.Embedding(T, d)
        nn.init.normal_(self.tok.weight, std=0.1)
        nn.init.normal_(self.pos.weight, std=0.1)
        layer = nn.TransformerEncoderLayer(d, 4, 96, dropout=0.1, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(d), enable_nested_tensor=False)
        self.head = nn.Linear(d, V, bias=False)
        self.head.weight = self.tok.weight
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(T))

    def forward(self, x):
        n = x.size(1)
        h = self.tok(x) + self.pos(torch.arange(n, device=x.device))
        return self.head(self.enc(h, mask=self.mask[:n, :n], is_causal=True))

    def _step(self, batch):
        s = batch[0]
        out = self(s[:, :-1])
        return out, s[:, 1:], F.cross_entropy(out.flatten(0, 1), s[:, 1:].flatten())

    def training_step(self, batch, _):
        _, _, loss = self._step(batch)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        out, y, loss = self._step(batch)
        self.log("val_loss", loss)
        self.log("val_acc", (out.argmax(-1) == y)[:, 1:].float().mean(), prog_bar=True)

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=0.01)
        s = torch.optim.lr_scheduler.OneCycleLR(opt, 3e-3, total_steps=38 * self.max_epochs + 1)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": s, "interval": "step"}}
