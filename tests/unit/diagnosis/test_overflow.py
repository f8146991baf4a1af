"""Numbers that leave the finite range are traced to the function that lets them."""

import pytest
import torch
from programs import Data, Model
from test_detectors import found
from test_remedies import case_of

from startsimple.diagnosis.remedies import steady
from startsimple.diagnosis.remedies.remedy import Mend, mended_lab
from startsimple.diagnosis.setup import Setup


class OwnSoftmax(Model):
    """Cross-entropy by hand: exp overflows as soon as an output is beyond 88."""

    scale = 300.0

    def loss(self, out, y):
        e = (self.scale * out).exp()
        return -(e / e.sum(1, keepdim=True)).gather(1, y[:, None]).log().mean()

    def training_step(self, batch, index):
        x, y = batch
        return self.loss(self(x), y)


class Moderate(OwnSoftmax):
    scale = 1.0


class RawLogarithm(OwnSoftmax):
    def loss(self, out, y):
        return -out.gather(1, y[:, None]).log().mean()


class RootAtZero(OwnSoftmax):
    """A distance that is zero where a row meets itself: its slope there is infinite."""

    def loss(self, out, y):
        pairs = (out[:, None] - out[None]).square().sum(-1).sqrt()
        return torch.nn.functional.cross_entropy(out, y) + 0.01 * pairs.mean()


class RunsAway(Model):
    """Weights that grow without end overflow in a layer, which is not to blame."""

    lr = 1e12

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr)


class RunsAwayByHand(OwnSoftmax):
    """Outputs far beyond all that a function by hand could be expected to take."""

    scale = 1.0

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1e12)


@pytest.mark.parametrize(
    ("model", "faults"),
    [
        (OwnSoftmax, {"M09"}),
        (RootAtZero, {"M09"}),
        (RawLogarithm, {"M05"}),
        (Moderate, set()),
        (RunsAway, set()),
        (RunsAwayByHand, set()),
    ],
)
def test_the_function_that_leaves_the_finite_numbers_is_named(model, faults):
    assert found(model(), Data(), "overflow") == faults


def test_functions_kept_in_their_range_let_the_program_learn():
    case = case_of(OwnSoftmax(), Data())
    mended = mended_lab(case, Mend("finite", modes=(steady.steady,))).run(Setup())
    assert case.lab.run(Setup()).score == -1.0
    assert mended.score > 0.3
