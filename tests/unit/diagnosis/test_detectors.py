"""Every detector fires on a program with its fault and stays silent on the correct one.

Removing a detector, or blinding it, makes its line here fail.
"""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from faulty import (
    AlwaysOne,
    Blind,
    Bottomless,
    Broadcast,
    ClearedLate,
    Clipped,
    Counts,
    Crosses,
    Custom,
    CutOff,
    Detaches,
    EvalMode,
    Frozen,
    Half,
    HalfOptimised,
    Keeps,
    Listed,
    Misreports,
    Mixed,
    NeverRests,
    NoClear,
    NoGraph,
    Norm,
    Numbered,
    OneLabel,
    Overcounts,
    Positive,
    Probabilities,
    RawRates,
    RawScores,
    Remembers,
    Rounds,
    SharedNorm,
    Sluggish,
    Spare,
    Starved,
    TwoWorkers,
    Unscaled,
    UnscaledFour,
    Vanishing,
    Whole,
    WideStart,
    by_label,
    contradictory,
    permuted,
    rare,
    ring,
    several_labels,
    shift,
    standard,
    truncated,
    with_nan,
    with_target,
)
from programs import Data, Jittered, Model, blobs
from torch import nn

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors import all_detectors
from startsimple.diagnosis.experiment import Outcome
from startsimple.program.fit import observe_module


def found(model, data, name, harmed=False):
    torch.manual_seed(0)
    program, trace = observe_module(model, data, 60)
    case = build_case(program, trace)
    case.outcome = Outcome(0.0, 0.0, 0.05 if harmed else 1.0, harmed=harmed)
    detector = next(d for d in all_detectors() if d.name == name)
    return {finding.fault for finding in detector.run(case)}


CASES = [
    ("logits", Probabilities, Data(), "M04"),
    ("log-probabilities", RawScores, Data(), "M05"),
    ("rates", RawRates, Data(), "M05"),
    ("single-softmax", AlwaysOne, Data(), "M03"),
    ("start", WideStart, Data(), "M14"),
    ("attached", CutOff, Data(), "O07"),
    ("workers", Model, TwoWorkers(), "D17"),
    ("too-few", Model, Data(ring(24, 0), ring(600, 1), batch=8), "D11"),
    ("conflicts", Model, Data(contradictory(blobs())), "D10"),
    ("finite", Model, Data(with_nan(blobs())), "D04"),
    ("constant", Model, Data((blobs()[0], torch.zeros(240, dtype=torch.long))), "D05"),
    ("target-column", Model, Data(with_target(blobs())), "D09"),
    ("leak", Model, Data(val=tuple(t[:60] for t in blobs())), "D09"),
    ("agreement", Model, Data(permuted(blobs())), "D08"),
    ("agreement", Model, Data(val=shift(blobs(120, 1), 8.0)), "D12"),
    ("imbalance", Model, Data(rare(blobs(900)), rare(blobs(400, 1))), "D06"),
    ("cleared", NoClear, Data(), "O04"),
    ("steps", ClearedLate, Data(), "O05"),
    ("modes", EvalMode, Data(), "O08"),
    ("modes", NeverRests, Data(), "O08"),
    ("schedule", Starved, Data(), "O10"),
    ("clipping", Clipped, Data(), "O11"),
    ("accumulation", Unscaled, Data(), "O12"),
    ("graphs", Keeps, Data(), "O09"),
    ("precision", Half, Data(), "O18"),
    ("registered", Listed, Data(), "M16"),
    ("reached", Spare, Data(), "M16"),
    ("reached", Detaches, Data(), "M23"),
    ("reached", NoGraph, Data(), "M23"),
    ("reached", Rounds, Data(), "M23"),
    ("scaled-inside", Vanishing, Data(), "D02"),
    ("dtype", Whole, Data(standard(blobs(), whole=True)), "D18"),
    ("optimised", HalfOptimised, Data(), "O06"),
    ("samples", Mixed, Data(), "M11"),
    ("numeric-gradient", Custom, Data(), "M23"),
    ("broadcast", Broadcast, Data(), "M10"),
    ("eval-collapse", Sluggish, Data(), "M20"),
    ("norm-settings", Sluggish, Data(), "M20"),
    ("validation-fixed", Model, Data(val=Jittered(blobs(120, 1))), "D14"),
    ("shuffled", Model, Data(by_label(blobs()), shuffle=False), "D15"),
    ("dtype", Model, Data(truncated(blobs())), "D18"),
    ("tiny-batch", Norm, Data(tuple(t[:194] for t in blobs())), "D19"),
    ("validated", Model, Data(val=()), "O15"),
    ("one-label", OneLabel, Data(several_labels(blobs()), several_labels(blobs(120, 1))), "M06"),
    ("output-range", Positive, Data(), "M03"),
    ("class-numbers", Numbered, Data(), "M06"),
    ("bottomless", Bottomless, Data(), "M08"),
    ("norm-shared", SharedNorm, Data(), "M20"),
    ("metric-rows", Counts, Data(), "O17"),
    ("metric-state", Remembers, Data(), "O17"),
    ("metric-range", Overcounts, Data(), "O17"),
    ("metric-value", Misreports, Data(), "O17"),
    ("metric-shape", Crosses, Data(), "O17"),
]


@pytest.mark.parametrize(
    ("name", "model", "data", "fault"), CASES, ids=[f"{c[0]}-{c[3]}-{c[1].__name__}" for c in CASES]
)
def test_a_detector_names_its_fault(name, model, data, fault):
    assert fault in found(model(), data, name)


def test_every_detector_has_its_program():
    # These have tests of their own.
    alone = {"input-used", "no-signal", "repeats", "channels"}
    alone |= {"holdout", "ceiling", "unfinished", "overdone", "stopped", "swapped"}
    alone |= {"joined", "place", "dropped", "overflow", "raised", "scaled-alike", "worker-batches"}
    alone |= {"idle-optimizer", "stacked", "penalty", "merged", "own-metric", "coin"}
    assert {case[0] for case in CASES} | alone == {d.name for d in all_detectors()}


class Series(Model):
    """Classifies series by a network that reads them step by step and forgets."""

    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.GRU(4, 8), nn.Linear(8, 3)

    def along(self, x):
        return x.transpose(0, 1)

    def forward(self, x):
        return self.head(self.cell(self.along(x))[0][-1])


class Viewed(Series):
    def along(self, x):
        return x.reshape(x.shape[1], x.shape[0], x.shape[2])


@pytest.mark.parametrize(("model", "faults"), [(Viewed, {"M11"}), (Series, set())])
def test_mixing_that_fades_on_the_way_is_seen_by_changing_all_others(model, faults):
    x, y = blobs(96)
    series = x[:, None] + torch.randn(96, 20, 4, generator=torch.Generator().manual_seed(0))
    assert found(model(), Data((series, y), (series[:60], y[:60])), "samples") == faults


@pytest.mark.parametrize(("model", "definite"), [(Unscaled, False), (UnscaledFour, True)])
def test_several_full_losses_a_step_are_a_defect_and_two_may_be_meant(model, definite):
    case = build_case(*observe_module(model(), Data(blobs(512)), 60))
    detector = next(d for d in all_detectors() if d.name == "accumulation")
    assert [finding.definite for finding in detector.run(case)] == [definite]


def test_small_features_that_the_model_makes_itself_are_not_scaled_twice():
    class Mapped(Model):
        def forward(self, x):
            return self.net(torch.sin(x) * 0.005)

    assert found(Mapped(), Data(), "scaled-inside") == set()


def test_few_rows_that_suffice_are_no_fault():
    assert found(Model(), Data(blobs(24), blobs(600, 1), batch=8), "too-few") == set()


def test_positive_rates_and_logarithms_of_rates_fit_the_loss_on_counts():
    class Rates(Model):
        def training_step(self, batch, index):
            x, y = batch
            return F.poisson_nll_loss(self(x)[:, 0].exp(), y.float(), log_input=False)

    class Logarithms(Model):
        def training_step(self, batch, index):
            x, y = batch
            return F.poisson_nll_loss(self(x)[:, 0], y.float())

    assert found(Rates(), Data(), "rates") == found(Logarithms(), Data(), "rates") == set()


def test_a_part_that_is_frozen_on_purpose_is_no_fault():
    assert found(Frozen(), Data(), "reached") == set()


def test_standardised_targets_with_fractions_are_not_truncated():
    assert found(Whole(), Data(standard(blobs(), whole=False)), "dtype") == set()


def test_weights_that_a_later_backward_pass_reaches_are_no_fault():
    class Two(Model):
        automatic_optimization = False

        def __init__(self):
            super().__init__()
            self.back = nn.Linear(3, 4)

        def training_step(self, batch, index):
            x, y = batch
            optimizer = self.optimizers()
            for loss in (
                lambda: F.cross_entropy(self(x), y),
                lambda: F.mse_loss(self.back(self(x)), x),
            ):
                optimizer.zero_grad()
                self.manual_backward(loss())
                optimizer.step()

    assert found(Two(), Data(), "reached") == set()


def test_input_used_needs_shown_harm():
    assert found(Blind(), Data(), "input-used", harmed=True) == {"M12"}
    assert found(Blind(), Data(), "input-used") == set()


def test_no_signal_names_misaligned_data_when_nothing_predicts_held_out_rows():
    data = Data(permuted(blobs()), permuted(blobs(120, 1)))
    assert found(Model(), data, "no-signal", harmed=True) == {"D08"}


@pytest.mark.parametrize(("rate", "score"), [(1e-2, 0.9), (1e-9, 0.7)])
def test_misaligned_labels_are_surer_where_other_labels_are_learnt(rate, score, monkeypatch):
    monkeypatch.setattr("startsimple.diagnosis.detectors.data.GOOD_RATES", (rate,))
    program, trace = observe_module(Model(), Data(permuted(blobs()), permuted(blobs(120, 1))), 60)
    case = build_case(program, trace)
    case.outcome = Outcome(0.0, 0.0, 0.05, harmed=True)
    detector = next(d for d in all_detectors() if d.name == "no-signal")
    assert [finding.score for finding in detector.run(case)] == [score]


def test_every_detector_is_silent_on_the_correct_program():
    torch.manual_seed(0)
    program, trace = observe_module(Model(), Data(), 60)
    trace.facts["repeats"] = True
    case = build_case(program, trace)
    case.outcome = Outcome(1.0, 1.0, 1.0, harmed=False)
    fired = {d.name: list(d.run(case)) for d in all_detectors()}
    assert {name: faults for name, faults in fired.items() if faults} == {}


def test_unrepeatable_runs_are_named():
    program, trace = observe_module(Model(), Data(), 60)
    trace.facts["repeats"] = False
    case = build_case(program, trace)
    detector = next(d for d in all_detectors() if d.name == "repeats")
    assert [f.fault for f in detector.run(case)] == ["O16"]


def test_reversed_channels_of_the_validation_split_are_named():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(240) % 3
    images = 0.3 * torch.randn(240, 3, 8, 8, generator=generator)
    images += 2 * F.one_hot(labels, 3)[:, :, None, None]

    class Net(Model):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))

    reversed_ = (images[160:].flip(1), labels[160:])
    train = (images[:160], labels[:160])
    assert found(Net(), Data(train, reversed_), "channels") == {"D16"}
    assert found(Net(), Data(train, (images[160:], labels[160:])), "channels") == set()


def test_detector_names_are_unique():
    names = [d.name for d in all_detectors()]
    assert len(set(names)) == len(names)
    assert all(dataclasses.is_dataclass(d) for d in all_detectors())


@pytest.mark.parametrize("noise_size", [0.0, 4.0])
def test_reshaped_images_are_rougher_than_permuted_ones(noise_size):
    axis = np.linspace(0, 3, 8)
    smooth = np.sin(axis[:, None] + axis[None, :])
    images = np.stack([smooth + k for k in range(3)], -1)
    batch = torch.tensor(np.stack([images + 0.1 * i for i in range(12)]), dtype=torch.float32)

    class Net(Model):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 3))

    labels = torch.tensor(list(itertools.islice(itertools.cycle([0, 1, 2]), 12)))
    # Where noise hides most of the structure, the same way of reading is smoother in every image.
    noise = torch.randn(batch.shape, generator=torch.Generator().manual_seed(0))
    batch = batch + noise_size * noise
    wrong = (batch.reshape(12, 3, 8, 8), labels)
    right = (batch.permute(0, 3, 1, 2).contiguous(), labels)
    assert found(Net(), Data(wrong, wrong, batch=6), "channels") == {"D16"}
    assert found(Net(), Data(right, right, batch=6), "channels") == set()
