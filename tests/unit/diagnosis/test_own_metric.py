"""The program's own metric, where it alone says what a good answer is."""

import pytest
import torch
import torch.nn.functional as F
from programs import Data
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors import all_detectors
from startsimple.diagnosis.detectors.own_metric import worse_than_a_coin
from startsimple.diagnosis.engine import diagnose
from startsimple.diagnosis.experiment import Outcome
from startsimple.program.fit import observe_module

USERS, ITEMS = 30, 20


def pairs(rows, seed):
    taste = torch.randn(USERS, 2, generator=torch.Generator().manual_seed(7))
    style = torch.randn(ITEMS, 2, generator=torch.Generator().manual_seed(8))
    score = taste @ style.T
    generator = torch.Generator().manual_seed(seed)
    user, one, other = (
        torch.randint(0, n, (rows,), generator=generator) for n in (USERS, ITEMS, ITEMS)
    )
    better = score[user, one] > score[user, other]
    return user, torch.where(better, one, other), torch.where(better, other, one)


class Ranker(nn.Module):
    max_epochs = 10

    def __init__(self, sign=1.0):
        super().__init__()
        self.user, self.item, self.sign = nn.Embedding(USERS, 4), nn.Embedding(ITEMS, 4), sign

    def forward(self, user, item):
        return (self.user(user) * self.item(item)).sum(-1)

    def training_step(self, batch, index):
        user, liked, other = batch
        return -F.logsigmoid(self.sign * (self(user, liked) - self(user, other))).mean()

    def validation_step(self, batch, index):
        user, liked, other = batch
        self.log("val_auc", (self(user, liked) > self(user, other)).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-2)


@pytest.mark.parametrize(("sign", "faults"), [(-1.0, ["M08"]), (1.0, [])])
def test_ranks_that_training_turns_around_are_named_and_turned_back(sign, faults):
    torch.manual_seed(0)
    result = diagnose(*observe_module(Ranker(sign), Data(pairs(1500, 0), pairs(400, 1)), 60))
    assert [s.fault for s in result.suspects] == faults
    assert [s.fix_verified for s in result.suspects] == [True] * len(faults)


@pytest.mark.parametrize(
    ("name", "values", "faults"),
    [
        ("val_auc", [0.5, 0.3, 0.1], ["M08"]),
        ("val_auc", [0.1, 0.2, 0.3], []),
        ("val_auc", [0.5, 0.7, 0.9], []),
        ("val_auc", [0.5, 0.48, 0.45], []),
        ("val_auc", [0.5, 0.1], []),
        ("val_acc", [0.5, 0.3, 0.1], []),
    ],
)
def test_a_printed_area_that_sinks_below_a_coins_is_named(name, values, faults):
    case = build_case(*observe_module(Ranker(), Data(pairs(300, 0), pairs(60, 1)), 60))
    case.trace.facts["loaders"], case.trace.logged = None, {name: values}
    case.outcome = Outcome(0.0, 0.0, 0.0, harmed=False)
    assert [finding.fault for finding in worse_than_a_coin(case)] == faults


def test_a_program_that_we_can_score_is_not_asked():
    case = build_case(*observe_module(Ranker(-1.0), Data(pairs(300, 0), pairs(60, 1)), 60))
    case.program.task = type(case.program.task)("regression")
    case.outcome = Outcome(0.5, 0.5, 0.5, harmed=False)
    detectors = [d for d in all_detectors() if d.name in ("own-metric", "coin")]
    assert [list(d.run(case)) for d in detectors] == [[], []]
