"""Each injected fault of the program does what its id says, and nothing is injected by default."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from tests.composing import DATA, compose, compose_faulty, injected, injector, settings
from torch import Tensor, nn
from torch.nn import functional

from startsimple.data.pack import Split
from startsimple.program.composed import ComposedProgram
from startsimple.program.faults.injector import NONE, build
from startsimple.program.faults.network import AlwaysTraining, Rewired
from startsimple.program.initialise import output_layer
from startsimple.schema.errors import UserError
from startsimple.schema.faults import FaultConfig
from startsimple.training.loop import Arrays, Budget, train

TASKS = ["digits", "waves"]


def batch(task: str = "digits", program: ComposedProgram | None = None) -> tuple[Tensor, Tensor]:
    return next((program or compose(task)).batches("train"))


def moved(program: ComposedProgram, steps: int = 3) -> dict[str, float]:
    """Return how far each parameter moved in some steps of the training loop."""
    before = {name: p.detach().clone() for name, p in program.model.named_parameters()}
    data = Arrays(*program.data.train)
    fit(program, data, steps)
    after = program.model.named_parameters()
    return {name: float((p.detach() - before[name]).float().norm()) for name, p in after}


def fit(program: ComposedProgram, data: Arrays, steps: int, size: int = 64) -> Tensor:
    outcome = train(
        program.model,
        program.loss,
        program.optimizer(program.model),
        lambda step: program.rate(step, steps),
        data,
        Budget(steps, size),
        torch.Generator().manual_seed(0),
        faults=program.faults,
    )
    return outcome.losses


def gradients(program: ComposedProgram, pair: tuple[Tensor, Tensor]) -> list[Tensor | None]:
    program.model.zero_grad()
    program.step(pair).loss.backward()
    return [p.grad for p in program.model.parameters()]


def test_nothing_is_injected_by_default() -> None:
    program = compose()
    assert not program.faults.parts
    x, y = program.data.train
    assert NONE.batch(x, 0) is x and NONE.evaluated(x) is x and NONE.order(y, y) is y
    split = DATA["digits"]().train
    assert program.given(split) is split
    assert type(program.optimizer(program.model)) is torch.optim.Adam


def test_d01_inputs_are_on_the_scale_of_bytes() -> None:
    x, _ = compose_faulty("D01").data.train
    assert float(x.mean()) == pytest.approx(128, abs=10) and float(x.std()) > 30


def test_d02_standardised_inputs_are_tiny() -> None:
    assert 0 < float(compose_faulty("D02").data.train[0].std()) < 0.005


def test_d03_targets_keep_their_unit() -> None:
    plain, faulty = compose("sums"), compose_faulty("D03", "sums")
    assert float(faulty.data.train[1].mean()) > 4000
    assert float(faulty.data.val[1].std()) == pytest.approx(
        1000 * float(plain.data.val[1].std()), rel=1e-3
    )


def test_d13_training_batches_are_drowned_in_noise_and_validation_is_not() -> None:
    plain, faulty = compose(), compose_faulty("D13")
    added = batch(program=faulty)[0] - batch(program=plain)[0]
    assert float(added.std()) == pytest.approx(4, rel=0.1)
    assert not torch.equal(added, batch(program=faulty)[0] - batch(program=plain)[0])
    assert torch.equal(next(faulty.batches("val"))[0], next(plain.batches("val"))[0])


def test_d14_two_looks_at_validation_differ_and_training_is_untouched() -> None:
    plain, faulty = compose(), compose_faulty("D14")
    first, second = (next(faulty.batches("val"))[0] for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(batch(program=faulty)[0], batch(program=plain)[0])


def test_d14_reaches_the_scores_of_the_loop() -> None:
    program = compose_faulty("D14")
    data = Arrays(*program.data.train)
    outcome = train(
        program.model,
        program.loss,
        torch.optim.SGD(program.model.parameters(), 1e-12),
        lambda step: 1.0,
        data,
        Budget(2, 64, 2),
        torch.Generator().manual_seed(0),
        watch={"val": Arrays(*program.data.val)},
        faults=program.faults,
    )
    first, second = outcome.scores["val"]
    assert abs(first.loss - second.loss) > 1e-4


def test_d15_training_examples_are_sorted_by_class() -> None:
    faulty = compose_faulty("D15")
    labels = torch.cat([y for _, y in faulty.batches("train")])
    assert torch.equal(labels, labels.sort()[0])
    seen: list[Tensor] = []
    faulty.module.loss = lambda logits, y: seen.append(y) or functional.cross_entropy(logits, y)
    fit(faulty, Arrays(*faulty.data.train), 4, size=100)
    assert torch.equal(torch.cat(seen), faulty.data.train[1].sort()[0])


def test_d16_channels_and_positions_are_mixed_up() -> None:
    plain, faulty = compose("sums").data.train[0], compose_faulty("D16", "sums").data.train[0]
    assert plain.shape == faulty.shape and not torch.equal(plain, faulty)
    # Read row by row, numbers and marks now alternate.
    assert torch.equal(faulty.flatten(1)[:, 0::2], plain[:, 0])
    assert torch.equal(faulty.flatten(1)[:, 1::2], plain[:, 1])


def test_d17_workers_draw_the_same_noise() -> None:
    plain, faulty = compose(), compose_faulty("D17")
    pairs = zip(faulty.batches("train"), plain.batches("train"), strict=True)
    first = [with_noise[0] - without[0] for with_noise, without in pairs]
    assert torch.allclose(first[0], first[1], atol=1e-5)
    assert float(first[0].std()) > 0.2 and not torch.allclose(first[0], first[4], atol=0.1)


def test_d18_inputs_are_whole_numbers() -> None:
    x, _ = compose_faulty("D18").data.train
    assert x.dtype == torch.float32 and torch.equal(x, x.trunc())
    assert float((x == 0).float().mean()) > 0.3


def test_d19_batches_of_two_meet_batch_normalisation() -> None:
    faulty = compose_faulty("D19")
    assert len(batch(program=faulty)[0]) == 2
    assert any(isinstance(module, nn.BatchNorm1d) for module in faulty.model.modules())
    x, y = faulty.data.train
    assert torch.isfinite(fit(faulty, Arrays(x[:7], y[:7]), 6, size=2)).all()


@pytest.mark.parametrize("task", TASKS)
def test_m01_the_network_is_affine(task: str) -> None:
    x, _ = batch(task)
    for fault, affine in (("M01", True), ("M02", False)):
        model = compose_faulty(fault, task).model
        middle = model((x[:8] + x[8:16]) / 2)
        assert torch.allclose(middle, (model(x[:8]) + model(x[8:16])) / 2, atol=1e-5) is affine


@pytest.mark.parametrize("task", TASKS)
def test_m02_hidden_units_are_probabilities(task: str) -> None:
    program = compose_faulty("M02", task)
    assert isinstance(program.model, Rewired)
    head = output_layer(program.model)
    assert head is not None
    seen: list[Tensor] = []
    head.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    program.model(batch(task)[0])
    assert program.model.replaced == (1 if task == "digits" else 3)
    assert bool((seen[0] >= 0).all() and (seen[0] <= 1).all())


@pytest.mark.parametrize("fault", ["M01", "M02"])
def test_m01_needs_an_activation(fault: str) -> None:
    with pytest.raises(UserError, match="replace ReLUs, and this network has none"):
        compose_faulty(fault, "sums")


def test_m03_no_output_is_negative() -> None:
    x, y = batch("sums")
    assert bool((y < 0).any()) and bool((compose("sums").model(x) < 0).any())
    assert bool((compose_faulty("M03", "sums").model(x) >= 0).all())


CLASSES = torch.tensor([[2.0, 0.0, -1.0, 0.5], [0.0, 3.0, 1.0, 0.0]]), torch.tensor([0, 2])
LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "M04": lambda z, y: functional.cross_entropy(z.softmax(1), y),
    "M05": lambda z, y: -z.gather(1, y[:, None]).mean(),
    "M06": lambda z, y: (z[:, 0] - y).square().mean(),
    "M07": lambda z, y: 2 * functional.cross_entropy(z, y),
    "M08": lambda z, y: -functional.cross_entropy(z, y),
}


@pytest.mark.parametrize("fault", LOSSES)
def test_m04_to_m08_the_loss_is_another_one(fault: str) -> None:
    loss, right = compose_faulty(fault).loss(*CLASSES), functional.cross_entropy(*CLASSES)
    assert torch.allclose(loss, LOSSES[fault](*CLASSES))
    assert not torch.allclose(loss, right)


def test_m09_exponentials_overflow() -> None:
    loss = compose_faulty("M09").loss
    small = CLASSES[0] / 100
    assert torch.allclose(
        loss(small, CLASSES[1]), functional.cross_entropy(100 * small, CLASSES[1])
    )
    assert not torch.isfinite(loss(CLASSES[0], CLASSES[1]))


def test_m10_every_output_meets_every_target() -> None:
    outputs, targets = torch.tensor([[0.0], [1.0]]), torch.tensor([0.0, 1.0])
    assert float(compose("sums").loss(outputs, targets)) == 0
    with pytest.warns(UserWarning, match="size"):
        assert float(compose_faulty("M10", "sums").loss(outputs, targets)) == pytest.approx(0.5)


@pytest.mark.parametrize("task", TASKS)
def test_m11_examples_are_mixed(task: str) -> None:
    faulty, healthy = compose_faulty("M11", task), compose(task)
    x, _ = batch(task)
    assert not torch.allclose(faulty.model(x), healthy.model(x))
    # One example has no other to mix with.
    assert torch.equal(faulty.model(x[:1]), healthy.model(x[:1]))


@pytest.mark.parametrize("task", TASKS)
def test_m12_the_input_does_not_matter(task: str) -> None:
    outputs = compose_faulty("M12", task).model(batch(task)[0])
    assert torch.equal(outputs, outputs[:1].expand_as(outputs))


@pytest.mark.parametrize("task", [*TASKS, "sums"])
def test_m13_m14_bad_initial_weights(task: str) -> None:
    constant, unit = (compose_faulty(fault, task).model for fault in ("M13", "M14"))
    assert all(len(p.unique()) == 1 for p in constant.parameters() if p.ndim > 1)
    for weight in (p for p in unit.parameters() if p.ndim > 1):
        assert 0.6 < float(weight.detach().std()) < 1.4


def test_m15_the_first_answer_is_far_off() -> None:
    program = compose_faulty("M15")
    assert float(program.step(batch()).loss.detach()) > 5 * math.log(4)
    assert bool((compose_faulty("M15", "sums").model(batch("sums")[0]) > 5).all())


@pytest.mark.parametrize("task", [*TASKS, "sums"])
def test_m16_the_first_layers_are_not_registered_and_run(task: str) -> None:
    plain, faulty = compose(task), compose_faulty("M16", task)
    names = {"digits": "first", "waves": "features", "sums": "recurrent"}
    found = {name.split(".")[0] for name, _ in faulty.model.named_parameters()}
    assert found == {name.split(".")[0] for name, _ in plain.model.named_parameters()} - {
        names[task]
    }
    x, _ = batch(task)
    assert torch.equal(faulty.fork().model(x), plain.model(x))


def test_m17_one_unit_carries_everything() -> None:
    assert compose_faulty("M17").model.first.out_features == 1


@pytest.mark.parametrize("task", [*TASKS, "sums"])
def test_m18_a_layer_gets_no_gradient(task: str) -> None:
    plain, faulty = compose(task), compose_faulty("M18", task)
    pair = batch(task)
    missing = [grad is None for grad in gradients(faulty, pair)]
    assert missing.count(True) == 2 and not any(g is None for g in gradients(plain, pair))
    assert torch.equal(faulty.model(pair[0]), plain.model(pair[0]))


@pytest.mark.parametrize("task", [*TASKS, "sums"])
def test_m19_nearly_everything_is_dropped(task: str) -> None:
    (dropout,) = (m for m in compose_faulty("M19", task).model.modules() if type(m) is nn.Dropout)
    assert dropout.p > 0.9


@pytest.mark.parametrize("task", [*TASKS, "sums"])
def test_m20_evaluation_differs_from_training(task: str) -> None:
    program = compose_faulty("M20", task)
    fit(program, Arrays(*program.data.train), 20)
    x, _ = batch(task)
    (norm,) = (m for m in program.model.modules() if isinstance(m, nn.BatchNorm1d))
    assert float((norm.running_var - 1).abs().max()) < 0.1
    trained = program.model.train()(x)
    assert not torch.allclose(program.model.eval()(x), trained, atol=0.05)


def test_m21_weight_decay_shrinks_the_weights() -> None:
    program = compose_faulty("M21")
    assert program.optimizer(program.model).param_groups[0]["weight_decay"] == 10
    before = float(program.model.first.weight.detach().norm())
    fit(program, Arrays(*program.data.train), 300)
    assert float(program.model.first.weight.detach().norm()) < 0.3 * before


@pytest.mark.parametrize("task", [*TASKS, "sums"])
def test_m23_the_first_layers_gradient_has_the_wrong_sign(task: str) -> None:
    pair = batch(task)
    right, wrong = gradients(compose(task), pair), gradients(compose_faulty("M23", task), pair)
    first, last = (torch.allclose(wrong[i], right[i], atol=1e-7) for i in (0, -1))
    assert torch.allclose(wrong[0], -right[0], atol=1e-6) and last and not first


def test_o01_o02_the_learning_rate() -> None:
    rates = {
        fault: moved(compose_faulty(fault), 1)["first.weight"] for fault in ("O01", "O02", "M08")
    }
    assert rates["O01"] > 1000 * rates["M08"] and rates["O02"] < 1e-3 * rates["M08"]


def test_o03_plain_gradient_descent_at_adams_rate() -> None:
    program = compose_faulty("O03")
    assert isinstance(program.optimizer(program.model), torch.optim.SGD)
    assert moved(program)["head.weight"] < 0.1 * moved(compose())["head.weight"]


@pytest.mark.parametrize("task", TASKS)
def test_o04_gradients_are_kept(task: str) -> None:
    for program, kept in ((compose(task), False), (compose_faulty("O04", task), True)):
        (optimizer,) = program.optimizers()
        program.step(batch(task)).loss.backward()
        optimizer.zero_grad(set_to_none=True)
        assert any(p.grad is not None for p in program.model.parameters()) is kept


def test_o05_o07_nothing_moves() -> None:
    for fault in ("O05", "O07"):
        assert not any(moved(compose_faulty(fault)).values())
    assert all(moved(compose()).values())


def test_o05_the_backward_pass_is_right_and_o07_has_none() -> None:
    assert all(g is not None and g.any() for g in gradients(compose_faulty("O05"), batch()))
    assert all(g is None for g in gradients(compose_faulty("O07"), batch()))


@pytest.mark.parametrize("task", TASKS)
def test_o06_the_optimizer_misses_the_last_layer(task: str) -> None:
    program = compose_faulty("O06", task)
    held = {id(p) for g in program.optimizers()[0].param_groups for p in g["params"]}
    head = output_layer(program.model)
    assert head is not None and not held & {id(p) for p in head.parameters()}
    assert len(held) == len(list(program.model.parameters())) - 2


@pytest.mark.parametrize("task", TASKS)
def test_o08_dropout_stays_active(task: str) -> None:
    program = compose_faulty("O08", task)
    assert isinstance(program.model.eval(), AlwaysTraining)
    x, _ = batch(task)
    assert all(module.training for module in program.model.modules())
    assert not torch.equal(program.model(x), program.model(x))


def test_o09_graphs_stay_alive() -> None:
    program = compose_faulty("O09")
    fit(program, Arrays(*program.data.train), 5)
    assert len(program.module.loss.kept) == 5
    assert all(value.grad_fn is not None for value in program.module.loss.kept)
    assert program.fork().module.loss.kept == []


def test_o10_the_rate_dies_within_an_epoch() -> None:
    program = compose_faulty("O10")
    optimizer = program.optimizer(program.model)
    seen: list[float] = []
    optimizer.register_step_pre_hook(lambda o, args, kw: seen.append(o.param_groups[0]["lr"]))
    for _ in range(200):
        optimizer.step()
    assert seen[0] == pytest.approx(1e-3) and seen[199] == pytest.approx(1e-3 * 0.95**199)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(1e-3)


def test_o11_gradients_are_clipped_before_the_step() -> None:
    program = compose_faulty("O11")
    optimizer = program.optimizer(program.model)
    program.step(batch()).loss.backward()
    grads = [p.grad for p in program.model.parameters()]
    before = torch.cat([g.flatten() for g in grads if g is not None]).norm()
    optimizer.step()
    after = torch.cat([g.flatten() for g in grads if g is not None]).norm()
    assert float(before) > 0.1 and float(after) == pytest.approx(1e-4, rel=1e-2)


def test_o12_gradients_of_eight_batches_are_added_up() -> None:
    program = compose_faulty("O12")
    before = program.model.head.bias.detach().clone()
    optimizer = program.optimizer(program.model)
    pair = batch()
    for step in range(8):
        assert torch.equal(program.model.head.bias, before)
        optimizer.zero_grad()
        program.step(pair).loss.backward()
        if step == 0:
            once = program.model.head.bias.grad.clone()
        optimizer.step()
    assert torch.allclose(program.model.head.bias, before - 0.1 * 8 * once, atol=1e-6)
    optimizer.zero_grad()
    assert program.model.head.bias.grad is None


@pytest.mark.parametrize("fault", ["O10", "O11", "O12"])
def test_a_schedule_still_fits_the_optimizer(fault: str) -> None:
    made = compose_faulty(fault).module.configure_optimizers()
    made["optimizer"].step()
    made["lr_scheduler"]["scheduler"].step()


def test_o13_o14_batches_of_one_and_very_few_steps() -> None:
    assert len(batch(program=compose_faulty("O13"))[0]) == 1
    assert injected(settings(), "O14").training.steps < settings().training.steps / 4


def test_o15_nothing_is_held_out() -> None:
    assert not list(compose_faulty("O15").batches("val"))


@pytest.mark.parametrize("task", TASKS)
def test_o16_noise_ignores_the_seed(task: str) -> None:
    program = compose_faulty("O16", task)
    x, _ = batch(task)
    outputs: list[Tensor] = []
    for _ in range(2):
        torch.manual_seed(0)
        outputs.append(program.model(x))
    assert not torch.equal(*outputs)
    program.model.eval()
    assert torch.equal(program.model(x), program.model(x))


def test_o17_the_metric_is_wrong() -> None:
    logits, targets = torch.eye(4)[[1, 2, 3, 0]], torch.tensor([1, 2, 3, 0])
    assert compose().accuracy(logits, targets) == 1.0
    assert compose_faulty("O17").accuracy(logits, targets) < 1.0
    assert compose_faulty("O17", "sums").accuracy(torch.ones(3, 1), torch.zeros(3)) != 1.0


@pytest.mark.parametrize("task", [*TASKS, "sums"])
def test_o18_small_steps_are_lost(task: str) -> None:
    program = compose_faulty("O18", task)
    assert {p.dtype for p in program.model.parameters()} == {torch.bfloat16}
    assert program.model(batch(task)[0]).dtype == torch.float32
    assert torch.isfinite(fit(program, Arrays(*program.data.train), 3)).all()


def test_faults_without_an_id_of_their_own() -> None:
    frozen = compose(fault=injector("weights.FrozenFirstLayer"))
    assert [p.requires_grad for p in frozen.model.parameters()] == [False, False, True, True]
    broken = compose(fault=injector("weights.NanWeight"))
    assert sum(int(p.isnan().sum()) for p in broken.model.parameters()) == 1


@pytest.mark.parametrize("fault", ["M01", "M11", "M12", "M16", "M18", "M23", "O08", "O16", "O18"])
def test_a_fork_keeps_the_fault(fault: str) -> None:
    faulty = compose_faulty(fault).fork()
    assert [n for n, _ in faulty.model.named_parameters()] == [
        n for n, _ in compose_faulty(fault).model.named_parameters()
    ]
    if fault not in ("M16", "M18", "M23"):
        x, _ = batch("digits")
        assert not torch.equal(faulty.model(x), compose().model(x))


def test_two_faults_at_once() -> None:
    both = injector("weights.UnitInit") | injector("optimizer.TightClip", norm=0.5)
    program = compose(fault=both)
    assert float(program.model.first.weight.detach().std()) > 0.7
    assert len(program.faults.parts) == 2


@pytest.mark.parametrize("fault", ["M04", "M05", "M06", "M09"])
def test_a_fault_of_classifications_is_refused_elsewhere(fault: str) -> None:
    with pytest.raises(UserError, match="choose"):
        compose_faulty(fault, "sums")


@pytest.mark.parametrize("fault", ["D03", "D16", "M10"])
def test_a_fault_of_regressions_or_channels_is_refused_elsewhere(fault: str) -> None:
    with pytest.raises(UserError, match="choose"):
        compose_faulty(fault, "digits")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (FaultConfig("startsimple.program.faults.network.Zeros"), "has no 'Zeros'"),
        (FaultConfig("torch.nn.Linear"), "is no injector"),
        (
            FaultConfig("startsimple.program.faults.data.Augmented", {"noize": 1}),
            "fault.mine.args does not fit",
        ),
        (
            FaultConfig("startsimple.program.faults.network.HiddenActivation", {"instead": "relu"}),
            "choose one of identity, softmax",
        ),
    ],
)
def test_a_wrong_injector_is_one_sentence(wrong: FaultConfig, says: str) -> None:
    with pytest.raises(UserError, match=says):
        compose(fault={"mine": wrong})


def test_several_faults_of_one_place_are_all_made_in_order() -> None:
    names = ("Unnormalised", "Truncated")
    faults = {name: FaultConfig(f"startsimple.program.faults.data.{name}") for name in names}
    x = np.linspace(-1, 1, 12, dtype=np.float32).reshape(6, 2)
    split = Split(x, np.arange(6), np.arange(6), np.arange(6))
    inputs = build(faults, "classification").data(split).x
    assert np.array_equal(inputs, (x * np.float32(42) + 128).astype(np.int8).astype(np.float32))
    turned = dict(reversed(faults.items()))
    assert np.array_equal(
        build(turned, "classification").data(split).x,
        x.astype(np.int8).astype(np.float32) * np.float32(42) + 128,
    )
