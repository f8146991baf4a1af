"""Sources of chance that a script does not seed."""

import pytest

from startsimple.program.repeats import script_repeats

LOOP = """
import numpy as np
{before}
Z = torch.randn(40, 4)
model = net()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for rows in TRAIN.split(20):
    opt.zero_grad()
    F.cross_entropy(model(X[rows]), Y[rows]).backward()
    opt.step()
{after}
"""


@pytest.fixture
def sources(observe):
    def run(before="", after=""):
        return observe(LOOP.format(before=before, after=after))[1].facts["unseeded"]

    return run


@pytest.mark.parametrize(
    ("line", "unseeded"),
    [
        ("", []),
        ("np.random.rand(2)", ["numpy"]),
        ("np.random.seed(3); np.random.rand(2)", []),
        ("np.random.rand(2); np.random.seed(3)", ["numpy"]),
        ("np.random.seed(); np.random.rand(2)", ["numpy"]),
        ("np.random.default_rng().normal()", ["numpy"]),
        ("np.random.default_rng(4).normal()", []),
        ("from sklearn.utils import shuffle; shuffle([1, 2, 3])", ["numpy"]),
        ("from sklearn.utils import shuffle; shuffle([1, 2, 3], random_state=0)", []),
    ],
)
def test_what_is_drawn_without_a_seed_is_noted(sources, line, unseeded):
    assert sources(before=line) == unseeded
    assert sources(after=line) == unseeded


BARE = """
import torch
from torch import nn
import torch.nn.functional as F
{seed}
X = torch.linspace(-1, 1, 40)[:, None]
model = nn.Linear(1, 1)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for rows in torch.randperm(40).split(10):
    opt.zero_grad()
    F.mse_loss(model(X[rows]), 2 * X[rows]).backward()
    opt.step()
"""


@pytest.mark.parametrize(
    ("seed", "unseeded"),
    [
        ("", ["torch"]),
        ("torch.manual_seed(0)", []),
        ("torch.random.manual_seed(5)", []),
        ("torch.rand(1); torch.manual_seed(0)", ["torch"]),
    ],
)
def test_torch_is_seeded_by_any_of_its_names(observe, seed, unseeded):
    _, trace = observe(BARE.format(seed=seed), head="")
    assert trace.facts["unseeded"] == unseeded


@pytest.mark.parametrize(
    ("line", "repeats"),
    [("", True), ("import time; X = X + time.perf_counter_ns() % 1000 / 1000", False)],
)
def test_a_script_repeats_once_all_that_it_draws_from_is_seeded(tmp_path, line, repeats):
    path = tmp_path / "train.py"
    path.write_text(BARE.format(seed="").replace("model =", f"{line}\nmodel ="))
    assert script_repeats(path, []) is repeats
