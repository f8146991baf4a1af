import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

L.seed_everything(3)
VOCAB, CONTEXT = 12, 20


def stream(n, rng):
    """Second-order rule with a bit of noise: next = 2 * prev + prevprev (mod VOCAB)."""
    s = list(rng.integers(0, VOCAB, 2))
    for _ in range(n - 2):
        s.append((2 * s[-1] + s[-2]) % VOCAB if rng.random() > 0.1 else int(rng.integers(VOCAB)))
    return torch.tensor(np.array(s))


class Blocks(Dataset):
    def __init__(self, s):
        self.s = s

    def __len__(self):
        return (len(self.s) - 1) // CONTEXT

    def __getitem__(self, i):
        k = i * CONTEXT
        return self.s[k : k + CONTEXT], self.s[k + 1 : k + CONTEXT + 1]


class Data(L.LightningDataModule):
    def setup(self, stage=None):
        s = stream(30001, np.random.default_rng(3))
        self.train, self.val = Blocks(s[:24001]), Blocks(s[24001:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=50, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=150)


class Model(L.LightningModule):
    max_epochs = 15

    def __init__(self, d=32):
        super().__init__()
        self.tok = nn.Embedding(VOCAB, d)
        self.pos = nn.Embedding(CONTEXT, d)
        nn.init.normal_(self.tok.weight, std=0.2)
        nn.init.normal_(self.pos.weight, std=0.2)
        layer = nn.TransformerEncoderLayer(
            d, 4, 4 * d, dropout=0.0, batch_first=True, norm_first=True
        )
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d)
        self.out = nn.Linear(d, VOCAB, bias=False)
        self.out.weight = self.tok.weight

    def forward(self, x):
        t = x.size(1)
        mask = nn.Transformer.generate_square_subsequent_mask(t)
        h = self.tok(x) + self.pos(torch.arange(t, device=x.device))
        return self.out(self.norm(self.body(h, mask=mask, is_causal=True)))

    def training_step(self, batch, _):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x).flatten(0, 1), y.flatten())
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        z = self(x)
        self.log("val_loss", nn.functional.cross_entropy(z.flatten(0, 1), y.flatten()))
        self.log("val_acc", (z.argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=5e-3, weight_decay=0.01)
        warm = torch.optim.lr_scheduler.LinearLR(opt, 0.1, 1.0, total_iters=40)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": warm, "interval": "step"}}
