"""Scripts that tests write and run under observation."""

import textwrap

import pytest

from startsimple.program.script import observe_script

HEAD = """
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
X = torch.randn(120, 4)
Y = (X[:, 0] > 0).long() + 5 * (X[:, 1] > 1).long().clamp(max=0)
TRAIN, TEST = torch.arange(80), torch.arange(80, 120)
def net():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
"""


@pytest.fixture
def observe(tmp_path):
    def run(body, head=HEAD):
        path = tmp_path / "train.py"
        path.write_text(textwrap.dedent(head + body))
        subject, trace = observe_script(path, [], 60)
        assert trace.error == ""
        return subject, trace

    return run
