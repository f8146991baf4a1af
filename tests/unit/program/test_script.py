"""A script is observed unmodified, and its steps are replayed on copies."""

import textwrap

import pytest
import torch

from startsimple.program.script import observe_script
from startsimple.schema.errors import UserError

SCRIPT = """
import sys
import torch
from torch import nn
torch.manual_seed(int(sys.argv[1]))
X = torch.randn(64, 3)
Y = (X.sum(1, keepdim=True) > 0).float()
model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
opt = torch.optim.SGD(model.parameters(), lr=0.1)
sched = torch.optim.lr_scheduler.StepLR(opt, 4, 0.5)
for step in range(12):
    model.train()
    x, y = X[(step % 4) * 16:][:16], Y[(step % 4) * 16:][:16]
    opt.zero_grad()
    loss = ((torch.sigmoid(model(x)) - y) ** 2).sum() / 2
    loss.backward()
    opt.step()
    sched.step()
model.eval()
with torch.no_grad():
    score = ((model(X) > 0).float() == Y).float().mean()
print("score", score.item())
"""


@pytest.fixture
def observed(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(textwrap.dedent(SCRIPT))
    return observe_script(path, ["3"], 60)


def test_steps_rates_and_evaluation_are_captured(observed):
    subject, trace = observed
    assert len(trace.steps) == 12
    assert [s.rates[0] for s in trace.steps[::4]] == [0.1, 0.05, 0.025]
    assert all(s.training and not s.stale for s in trace.steps)
    assert trace.facts["unseeded"] == []
    assert [e.training for e in trace.evaluations] == [False]
    assert subject.val[0].targets[0].shape == (64, 1)
    assert trace.error == ""


def test_a_handwritten_loss_is_replayed_to_the_same_value(observed):
    subject, trace = observed
    first = subject.fork().step(next(subject.batches("train")))
    assert float(first.loss.detach()) == pytest.approx(trace.losses[0], abs=1e-6)
    assert first.output.shape == (16, 1)
    assert subject.task.kind == "binary"


def test_replayed_training_follows_the_script(observed):
    subject, trace = observed
    twin = subject.fork()
    (optimizer,) = twin.optimizers()
    losses = []
    for batch in list(twin.batches("train"))[:4]:
        optimizer.zero_grad()
        loss = twin.step(batch).loss
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses == pytest.approx(trace.losses[:4], abs=1e-6)
    fresh = subject.step(next(subject.batches("train"))).loss
    assert float(fresh.detach()) == pytest.approx(trace.losses[0], abs=1e-6)


def test_a_script_that_raises_keeps_what_was_seen(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text(textwrap.dedent(SCRIPT).replace("model.eval()", "raise RuntimeError('boom')"))
    subject, trace = observe_script(path, ["0"], 60)
    assert trace.error == "RuntimeError: boom"
    assert trace.error_where.startswith(str(path))
    assert subject is not None


def test_a_script_without_training_is_said_so(tmp_path):
    path = tmp_path / "none.py"
    path.write_text("print('hello')\n")
    subject, trace = observe_script(path, [], 60)
    assert subject is None
    assert any("no training step" in note for note in trace.notes)


def test_a_missing_script_is_a_clear_sentence(tmp_path):
    with pytest.raises(UserError, match="There is no script"):
        observe_script(tmp_path / "absent.py", [], 5)


def test_observation_leaves_torch_as_it_was(observed):
    backward = torch.Tensor.backward
    assert backward.__name__ == "backward"
    assert "Observer" not in getattr(backward, "__qualname__", "")
