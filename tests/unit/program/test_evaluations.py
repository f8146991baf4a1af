"""What outlives its step is found by its graph; joined outputs get the rows of joined targets."""

import gc

import pytest
import torch
from torch import nn

from startsimple.program.loss_graph import GraphWatch, first_nodes
from startsimple.program.script import observe_script

SCRIPT = """
import torch
from torch import nn

def main():
    torch.manual_seed(0)
    x = torch.randn(60, 3)
    y = x[:, :1] * 2
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    total, kept = 0.0, []
    for step in range(80):
        output = net(x[:40])
        loss = ((output - y[:40]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        {habit}
    net.eval()
    preds, truth = [], []
    with torch.no_grad():
        for start in (40, 50):
            preds.append(net(x[start : start + 10]))
            truth.append(y[start : start + 10])
    nn.functional.mse_loss(torch.cat(preds), torch.cat(truth)).item()

main()
"""


def observed(tmp_path, habit):
    path = tmp_path / "train.py"
    path.write_text(SCRIPT.format(habit=habit))
    return observe_script(path, [], 30)


@pytest.mark.parametrize(
    "habit", ["total += loss", "total = total + loss if step % 30 else 0.0", "kept.append(output)"]
)
def test_graphs_that_outlive_their_steps_are_counted(tmp_path, habit):
    assert observed(tmp_path, habit)[1].kept_losses > 0.5


@pytest.mark.parametrize("habit", ["total += loss.item()", "kept.append(output.detach())"])
def test_values_keep_no_graph(tmp_path, habit):
    assert observed(tmp_path, habit)[1].kept_losses < 0.2


def test_layers_called_one_by_one_are_kept_by_nobody(tmp_path):
    # Each layer is an outermost module then; what enters the one in the middle has a graph.
    layers = "first, middle, net = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 1)"
    script = SCRIPT.replace("net = nn.Linear(3, 1)", layers)
    script = script.replace("net(x[:40])", "net(middle(first(x[:40]).relu()).relu())")
    path = tmp_path / "train.py"
    path.write_text(script.format(habit=""))
    assert observe_script(path, [], 30)[1].kept_losses < 0.2


def test_every_joined_pass_gets_its_own_targets(tmp_path):
    program, trace = observed(tmp_path, "pass")
    assert len(trace.evaluations) == 2 and len(program.val) == 2
    for batch in program.val:
        assert torch.equal(batch.targets[0], 2 * batch.inputs[0][:, :1])


def test_lists_that_are_emptied_every_epoch_keep_graphs_for_a_while_only():
    watch, outputs = GraphWatch(), []
    layer = nn.Linear(2, 1)
    for step in range(90):
        output = layer(torch.ones(1, 2))
        outputs.append(output)
        watch.add(output.sum())
        if step % 20 == 19:
            outputs.clear()
    assert watch.kept(ended=False) < 0.5


def test_the_first_nodes_take_the_weights():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    assert len(first_nodes(net(torch.ones(1, 2)).sum())) >= 2


def test_data_with_a_gradient_keeps_no_step_alive():
    rows, layer, watch = torch.ones(40, 2, requires_grad=True), nn.Linear(2, 1), GraphWatch()
    batches = rows.split(2)
    for _ in range(4):
        for batch in batches:
            watch.add(layer(batch).sum())
    assert watch.kept(ended=True) < 0.5


def test_graphs_in_circles_are_not_kept_and_the_collector_is_left_as_it_was():
    gc.unfreeze()
    try:
        watch, layer = GraphWatch(), nn.Linear(2, 1)
        for _ in range(80):
            circle = {"loss": layer(torch.ones(1, 2)).sum()}
            circle["self"] = circle
            watch.add(circle["loss"])
        assert gc.get_freeze_count() > 0
        assert watch.kept(ended=True) < 0.5
        assert gc.get_freeze_count() == 0
    finally:
        gc.collect()
        gc.freeze()


@pytest.mark.parametrize(("each", "left"), [(1.0, True), (0.0, False)])
def test_tensors_that_no_backward_pass_knows_are_counted_from_step_to_step(each, left):
    watch, layer, kept = GraphWatch(), nn.Linear(2, 1), []
    for step in range(70):
        watch.add(layer(torch.ones(1, 2)).sum())
        if step == 30:  # Something comes to stay once.
            once = [layer(torch.ones(1, 2)) for _ in range(40)]
        if each:
            kept.append(layer(torch.ones(1, 2)))
    assert (watch.left >= 1) == left and len(once) == 40
    watch.end()
