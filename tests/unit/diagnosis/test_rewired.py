"""Fixes of results thrown away in a loop, axes in the way, rows repeated before the split."""

import pytest
import torch
import torch.nn.functional as F
from programs import Data, Model, blobs
from test_remedies import case_of, tried
from torch import nn

from startsimple.diagnosis.mending import leading_axis


class Overwritten(Model):
    """Every block takes what came in, so that only the last one counts."""

    max_epochs = 20

    def __init__(self):
        super().__init__()
        del self.net
        self.blocks = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        h = x
        for block in self.blocks:
            h = F.relu(block(x)) + x
        return self.head(h)


class Reshaped(Model):
    """Rows are mixed where (time, batch, features) is cut into batches without another order."""

    max_epochs = 20

    def __init__(self):
        super().__init__()
        del self.net
        self.first, self.head = nn.Linear(1, 8), nn.Linear(32, 3)

    def forward(self, x):
        steps = F.relu(self.first(x.T[..., None]))
        return self.head(steps.reshape(len(x), -1))


class OverOne(Model):
    """Each row is normalised over a single number."""

    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 1), nn.LayerNorm(1), nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 3)
        )


def repeated_before_split():
    """Two rare classes, of whose rows each occurs eight times, in both splits."""
    x, y = blobs(600)
    rare = (y > 0).nonzero()[:, 0][:40].repeat(8)
    index = torch.cat([(y == 0).nonzero()[:, 0], rare])
    index = index[torch.randperm(len(index), generator=torch.Generator().manual_seed(0))]
    cut = int(0.6 * len(index))
    return Data((x[index[:cut]], y[index[:cut]]), (x[index[cut:]], y[index[cut:]]))


@pytest.mark.parametrize(
    ("fault", "model", "said"),
    [
        ("M18", Overwritten, "each of 2 unused results passed on"),
        ("M11", Reshaped, "permute for view"),
        ("M12", OverOne, "normalisation left out"),
    ],
)
def test_what_stands_in_the_way_is_mended(fault, model, said):
    found = tried(case_of(model(), Data()), fault)
    assert found.verified is True and said in found.evidence[1]


def test_a_program_without_norms_has_none_to_leave_out():
    assert tried(case_of(Model(), Data()), "M12").verified is None


def test_rows_that_were_repeated_before_the_split_are_split_anew():
    found = tried(case_of(Model(), repeated_before_split()), "D09", "validation split")
    assert found.verified is True and "different rows split at random" in found.evidence[1]


def test_infinity_in_most_rows_is_filled_in():
    x, y = blobs()
    x, held = torch.cat([x, x[:, :1].log()], 1)[:, [4, 1, 2, 3]], blobs(120, 1)
    val = torch.cat([held[0], held[0][:, :1].log()], 1)[:, [4, 1, 2, 3]]
    assert not bool(torch.isfinite(x).all(1).float().mean() > 0.5)
    found = tried(case_of(Model(), Data((x, y), (val, held[1]))), "D04")
    assert found.verified is True and "numbers in place" in found.evidence[1]


@pytest.mark.parametrize(
    ("old", "new", "axis"),
    [
        ((24, 32, 8), (32, 192), 1),
        ((24, 32, 8), (32, -1), 1),
        ((32, 24, 8), (32, -1), None),
        ((32, 32, 8), (32, -1), None),
        ((24, 32), (32, 24), None),
        ((24, 32, 8), (-1, 8), None),
    ],
)
def test_an_axis_leads_where_its_size_comes_first(old, new, axis):
    assert leading_axis(old, new) == axis
