"""Programs and data with one fault each, one for every detector."""

import numpy as np
import torch
import torch.nn.functional as F
from programs import Data, Model
from torch import nn
from torch.utils.data import DataLoader, Dataset


class NoClear(Model):
    def optimizer_zero_grad(self, epoch, index, optimizer):
        pass


class ClearedLate(Model):
    def on_after_backward(self):
        self.zero_grad()


class EvalMode(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.2), nn.ReLU(), nn.Linear(16, 3))

    def on_train_epoch_start(self):
        self.eval()


class NeverRests(Model):
    def forward(self, x):
        return F.dropout(self.net(x), 0.5)


class Starved(Model):
    def configure_optimizers(self):
        optimizer = super().configure_optimizers()
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.3)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Clipped(Model):
    gradient_clip_val = 1e-5


class Unscaled(Model):
    automatic_optimization = False

    def training_step(self, batch, index):
        optimizer = self.optimizers()
        self.manual_backward(super().training_step(batch, index))
        if index % 2 == 1:
            optimizer.step()
            optimizer.zero_grad()


class UnscaledFour(Model):
    automatic_optimization = False
    max_epochs = 12

    def training_step(self, batch, index):
        optimizer = self.optimizers()
        self.manual_backward(super().training_step(batch, index))
        if index % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()


class RawRates(Model):
    def training_step(self, batch, index):
        x, y = batch
        return F.poisson_nll_loss(self(x)[:, 0] - 1, y.float(), log_input=False)


class Keeps(Model):
    def training_step(self, batch, index):
        loss = super().training_step(batch, index)
        self.kept = [*getattr(self, "kept", []), loss]
        return loss


class Half(Model):
    def __init__(self):
        super().__init__()
        self.net.to(torch.bfloat16)

    def forward(self, x):
        return self.net(x.to(torch.bfloat16)).float()


class Listed(Model):
    def __init__(self):
        super().__init__()
        self.hidden = [nn.Linear(4, 4)]

    def forward(self, x):
        return self.net(F.relu(self.hidden[0](x)))


class Spare(Model):
    def __init__(self):
        super().__init__()
        self.spare = nn.Linear(4, 3)


class HalfOptimised(Model):
    def configure_optimizers(self):
        return torch.optim.Adam(self.net[2].parameters(), lr=1e-2)


class Mixed(Model):
    def forward(self, x):
        return self.net(x - x.mean(0))


class Blind(Model):
    def forward(self, x):
        return self.net(torch.zeros_like(x))


class Broadcast(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x), y.float())

    def validation_step(self, batch, index):
        self.training_step(batch, index)


class Detaches(Model):
    def forward(self, x):
        hidden = self.net[0](x)
        return self.net[2](F.relu(hidden.detach()))


class Rounds(Model):
    def forward(self, x):
        return self.net[2](torch.round(4 * torch.tanh(self.net[0](x))) / 4)


class NoGraph(Model):
    def forward(self, x):
        with torch.no_grad():
            hidden = self.net[0](x)
        return self.net[2](F.relu(hidden))


class Frozen(NoGraph):
    """The part that runs without a graph is in no optimiser: frozen on purpose."""

    def configure_optimizers(self):
        return torch.optim.Adam(self.net[2].parameters(), lr=self.lr)


class Vanishing(Model):
    def forward(self, x):
        return self.net(x / 255)


class Whole(Model):
    """Regression on targets that were cut to whole numbers."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], y.float())

    def validation_step(self, batch, index):
        return {"loss": self.training_step(batch, index)}


def standard(rows, whole):
    goal = rows[0].sum(1)
    goal = 1.5 * (goal - goal.mean()) / goal.std()
    return rows[0], goal.long() if whole else goal


class WrongSlope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.tanh(x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return -grad * x


class Custom(Model):
    def forward(self, x):
        return self.net[2](WrongSlope.apply(self.net[0](x)))


class Norm(Model):
    momentum = 0.1

    def __init__(self):
        super().__init__()
        norm = nn.BatchNorm1d(16, momentum=self.momentum)
        self.net = nn.Sequential(nn.Linear(4, 16), norm, nn.ReLU(), nn.Linear(16, 3))


class Sluggish(Norm):
    momentum = 1e-5

    def __init__(self):
        super().__init__()
        with torch.no_grad():
            self.net[1].running_mean.fill_(30.0)


class Overcounts(Model):
    def validation_step(self, batch, index):
        x, y = batch
        guess = self(x).argmax(1)
        self.log("val_acc", (guess == y).float().sum() / 10)


class Misreports(Model):
    def validation_step(self, batch, index):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean() * 0.3)


class Crosses(Model):
    def validation_step(self, batch, index):
        x, y = batch
        (self(x).argmax(1) == y[:, None]).float().mean()


class OneLabel(Model):
    def training_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def validation_step(self, batch, index):
        self.training_step(batch, index)


class Positive(Broadcast):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1), nn.ReLU())

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], -y.float() - 1.5)


class Numbered(Broadcast):
    def training_step(self, batch, index):
        x, y = batch
        loss = F.mse_loss(self(x)[:, 0], y.float())
        self.log("train_acc", (self(x)[:, 0].round() == y).float().mean())
        return loss


class Bottomless(Model):
    lr = 0.5

    def training_step(self, batch, index):
        return -super().training_step(batch, index)


class Counts(Model):
    def validation_step(self, batch, index):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().sum() / 60)


class Remembers(Model):
    lr = 1e-3

    def __init__(self):
        super().__init__()
        self.hits = []

    def validation_step(self, batch, index):
        x, y = batch
        self.hits.append((self(x).argmax(1) == y).float().mean())

    def on_validation_epoch_end(self):
        self.log("val_acc", torch.stack(self.hits).mean())


class SharedNorm(Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 16), nn.Linear(16, 16)
        self.norm, self.head = nn.BatchNorm1d(16), nn.Linear(16, 3)

    def forward(self, x):
        hidden = F.relu(self.norm(self.first(x)))
        return self.head(F.relu(self.norm(self.second(hidden))))


def several_labels(rows):
    return rows[0], (rows[0][:, :3] > 0).float()


def shift(rows, amount):
    return rows[0] + amount, rows[1]


def permuted(rows):
    order = torch.randperm(len(rows[1]), generator=torch.Generator().manual_seed(3))
    return rows[0], rows[1][order]


def by_label(rows):
    order = rows[1].argsort()
    return rows[0][order], rows[1][order]


def with_nan(rows):
    x = rows[0].clone()
    x[3, 1] = torch.nan
    return x, rows[1]


def rare(rows, share=0.04):
    x, y = rows
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(len(y), 4, generator=generator)
    score = x[:, 0] + 1.2 * torch.randn(len(y), generator=generator)
    return x, (score > score.quantile(1 - share)).long()


def with_target(rows):
    return torch.cat([rows[0][:, :3], rows[1][:, None].float() * 2 + 1], 1), rows[1]


def truncated(rows):
    x = (rows[0] - rows[0].mean(0)) / rows[0].std(0)
    return x.long().float(), rows[1]


class Probabilities(Model):
    def forward(self, x):
        return self.net(x).softmax(1)


class RawScores(Model):
    def training_step(self, batch, index):
        x, y = batch
        return F.nll_loss(self(x), y)


class AlwaysOne(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1), nn.Softmax(1))

    def training_step(self, batch, index):
        x, y = batch
        return F.binary_cross_entropy(self(x)[:, 0], (y > 0).float())

    validation_step = training_step


class WideStart(Model):
    def __init__(self):
        super().__init__()
        for weight in self.parameters():
            nn.init.normal_(weight, std=30)


class CutOff(Model):
    def training_step(self, batch, index):
        return torch.tensor(super().training_step(batch, index).item(), requires_grad=True)


class Echo(Dataset):
    """Noise from a source of chance that every worker holds in the same state."""

    def __init__(self, rows):
        self.rows, self.chance = rows, np.random.default_rng(0)

    def __len__(self):
        return len(self.rows[1])

    def __getitem__(self, index):
        noise = self.chance.normal(size=4).astype("float32")
        return self.rows[0][index] + noise, self.rows[1][index]


class TwoWorkers(Data):
    def train_dataloader(self):
        return DataLoader(Echo(self.train), self.batch, shuffle=True, num_workers=2)


def ring(rows, seed):
    """Two classes that a few rows do not show: inside of a ring and outside of it."""
    x = torch.randn(rows, 4, generator=torch.Generator().manual_seed(seed))
    return x, (x.norm(dim=1) > 1.83).long()


def contradictory(rows):
    """Every input twice, every second one with another label."""
    x, y = rows
    other = torch.where(torch.arange(len(y)) % 2 == 0, (y + 1) % 3, y)
    return torch.cat([x, x]), torch.cat([y, other])
