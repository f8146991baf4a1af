"""Fixes that work together alone, that only the loss can judge, and that need another optimiser."""

import textwrap

import pytest
import torch
from programs import Data, Model, blobs
from test_remedies import case_of, tried
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.experiment import Outcome
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies import verify
from startsimple.program.clock import worked
from startsimple.program.script import observe_script


class Regression(Model):
    lr = 0.05
    max_epochs = 20

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))

    def training_step(self, batch, index):
        x, y = batch
        return nn.functional.mse_loss(self(x), y)

    validation_step = training_step

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr)


def off_scale(rows, seed):
    x, _ = blobs(rows, seed)
    return 1e3 + x, 3e7 + 1e7 * (x[:, :1] - x[:, 1:2])


class Quantiles(Model):
    """Each quantile's error is taken between every pair of rows."""

    max_epochs = 30

    def pair(self, out, y):
        return out, y[:, 0]

    def training_step(self, batch, index):
        x, y = batch
        out, losses = self(x), []
        for column, share in enumerate((0.1, 0.5, 0.9)):
            guess, truth = self.pair(out[:, column : column + 1], y)
            error = truth - guess
            losses.append(torch.maximum(share * error, (share - 1) * error).mean())
        return torch.stack(losses).sum()

    validation_step = training_step


def test_two_fixes_of_which_neither_restores_alone_are_tried_at_once():
    case = case_of(Regression(), Data(off_scale(240, 0), off_scale(120, 1)))
    findings = [Finding("D03", 0.6, ["seen"], ""), Finding("D01", 0.5, ["seen"], "")]
    together = verify.verified(case, findings, worked() + 60)
    alone = [verify.verified(case, [finding], worked() + 60)[0] for finding in findings]
    assert [finding.verified for finding in alone] == [False, False]
    assert [finding.verified for finding in together] == [True, True]
    assert "and the inputs standardised" in together[0].evidence[1]


def test_a_fix_is_judged_by_the_mended_loss_where_outputs_and_targets_have_no_common_shape():
    train, val = ((x, x[:, :1] - x[:, 1:2]) for x in (blobs(240)[0], blobs(120, 1)[0]))
    finding = tried(case_of(Quantiles(), Data(train, val)), "M10")
    assert "it goes from" in finding.evidence[1]
    assert finding.verified is True


STALE = """
import torch
from torch import nn
torch.manual_seed(0)
X = torch.randn(240, 4)
Y = (X[:, 0] > X[:, 1]).long()
model = nn.Linear(4, 2)
opt = torch.optim.Adam(model.parameters(), lr=0.05)
model = nn.Linear(4, 2)
for step in range(60):
    opt.zero_grad()
    nn.functional.cross_entropy(model(X[:160]), Y[:160]).backward()
    opt.step()
with torch.no_grad():
    score = (model(X[160:]).argmax(1) == Y[160:]).float().mean()
"""


@pytest.fixture
def stale(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(textwrap.dedent(STALE))
    case = build_case(*observe_script(path, [], 60))
    case.outcome = Outcome(0.0, 0.0, 1.0, harmed=True)
    return case


def test_an_optimiser_of_another_model_is_built_again_for_this_one(stale):
    finding = tried(stale, "O06")
    assert stale.observed.score < 0.5
    assert finding.verified is True
