"""The best states are kept, whatever order they come in, and the last one is kept apart."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from startsimple.training.checkpoints import Checkpoints
from startsimple.training.evaluation import Scores


def offered(scores, count):
    model, keep = nn.Linear(1, 1, bias=False), Checkpoints("val", count)
    for step, score in enumerate(scores, start=1):
        with torch.no_grad():
            model.weight.fill_(float(step))
        keep.offer(model, {"val": [Scores(1.0, score, 10)]}, step)
    return keep


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=12), st.integers(1, 4))
def test_the_best_are_kept_and_of_equals_the_earlier(scores, count):
    keep = offered(scores, count)
    best = sorted(range(len(scores)), key=lambda index: (-scores[index], index))[:count]
    assert [one["step"] for one in keep.told()] == [index + 1 for index in best]
    # The weights are those of their step, not of the model as it went on.
    for one in keep.told():
        assert float(keep.tensors()[f"kept.{one['step']}.weight"]) == one["step"]


def test_a_score_that_is_no_number_is_not_kept():
    assert [one["step"] for one in offered([float("nan"), 0.2, float("nan")], 2).told()] == [2]
