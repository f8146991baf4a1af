"""The whole diagnosis: each intervention carries its fault; correct programs stay silent."""

import pytest
import torch
import torch.nn.functional as F
from programs import Data, Model, blobs
from torch import nn

from startsimple.diagnosis import engine
from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.engine import ACCUSED, combine, diagnose
from startsimple.diagnosis.experiment import Outcome
from startsimple.diagnosis.faults import FAULTS
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.intervention import Intervention
from startsimple.diagnosis.interventions import all_interventions
from startsimple.diagnosis.setup import Run, Setup
from startsimple.program.clock import worked
from startsimple.program.fit import observe_module


def diagnosed(model, data):
    torch.manual_seed(0)
    return diagnose(*observe_module(model, data, 60), budget=120)


def faults(result):
    return [suspect.fault for suspect in result.suspects]


class Slow(Model):
    lr = 1e-6


class Fast(Model):
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=500.0)


class Softmax(Model):
    def forward(self, x):
        return self.net(x).softmax(1)


class RectifiedOutput(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1), nn.ReLU())

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], -y.float() - 1.5)

    def validation_step(self, batch, index):
        self.training_step(batch, index)


class Flipped(Model):
    def training_step(self, batch, index):
        return -super().training_step(batch, index)


class Zeros(Model):
    def __init__(self):
        super().__init__()
        for parameter in self.parameters():
            nn.init.zeros_(parameter)


class Decayed(Model):
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05, weight_decay=8.0)


class Values(Model):
    scale, lr = 1000.0, 1e-3

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x)[:, 0], y)

    def validation_step(self, batch, index):
        self.training_step(batch, index)


def values(rows=240, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 4, generator=generator)
    return x, 5000 * (x[:, 0] - x[:, 1]) + 90000


class Careful(Model):
    lr = 1e-3


def huge(rows):
    return rows[0] + 1000.0, rows[1]


@pytest.mark.parametrize(
    ("model", "data", "accepted"),
    [
        (Slow, Data(), {"O02"}),
        (Fast, Data(), {"O01"}),
        (Softmax, Data(), {"M04"}),
        (RectifiedOutput, Data(), {"M03"}),
        (Flipped, Data(), {"M08"}),
        (Zeros, Data(), {"M13"}),
        (Decayed, Data(), {"M21"}),
        (Values, Data(values(), values(120, 1)), {"D03"}),
        (Careful, Data(huge(blobs()), huge(blobs(120, 1))), {"D01"}),
    ],
    ids=["O02", "O01", "M04", "M03", "M08", "M13", "M21", "D03", "D01"],
)
def test_the_first_suspect_is_the_fault(model, data, accepted):
    result = diagnosed(model(), data)
    assert result.verdict == "faulty"
    assert faults(result)[0] in accepted
    assert result.exit_status == 1


def test_a_correct_program_gets_no_suspect():
    result = diagnosed(Model(), Data())
    assert (result.verdict, faults(result), result.exit_status) == ("healthy", [], 0)
    assert result.to_json()["suspects"] == []


def test_every_intervention_is_found_and_changes_the_setup():
    interventions = all_interventions()
    assert len(interventions) == 17
    for item in interventions:
        assert isinstance(item, Intervention)
        assert all(item.swapped(Setup(), variant) != Setup() for variant in item.variants)
        assert item.cost > 0


def test_runs_are_shared_and_leave_no_trace():
    program, trace = observe_module(Model(), Data(), 60)
    before = [p.detach().clone() for p in program.model.parameters()]
    state = torch.get_rng_state()
    case = build_case(program, trace)
    state = torch.get_rng_state()
    first = case.lab.run(Setup(adam=1e-2))
    assert case.lab.run(Setup(adam=1e-2)) is first
    assert torch.equal(torch.get_rng_state(), state)
    after = program.model.parameters()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_traits_need_harm_and_agreement_adds_belief():
    trait = Finding("O11", 0.8, ["tight"], definite=False)
    assert combine([trait], Outcome(1.0, 1.0, 1.0, harmed=False)) == []
    harmed = Outcome(0.0, 0.0, 1.0, harmed=True, findings=[Finding("O11", 0.5, ["swap"])])
    joined = combine([trait], harmed)
    assert [f.fault for f in joined] == ["O11"]
    assert joined[0].score > 0.8


@pytest.mark.parametrize(("decay", "first"), [(0.5, "M21"), (0.3, "O02")])
def test_what_is_too_strong_explains_a_rate_that_helps_as_much(decay, first):
    findings = [Finding("O02", 0.52, ["rate"]), Finding("M21", decay, ["decay"])]
    harmed = Outcome(0.0, 0.0, 1.0, harmed=True, findings=findings)
    assert combine([], harmed)[0].fault == first


def test_at_most_three_suspects_are_named():
    many = [Finding(fault, 0.9, ["x"]) for fault in ("D04", "D05", "D09", "O15")]
    assert len(combine(many, Outcome(0, 0, 0, harmed=False))) == 3


def test_the_fault_table_is_complete():
    wanted = {f"D{i:02d}" for i in range(1, 20)} | {f"O{i:02d}" for i in range(1, 19)}
    wanted |= {f"M{i:02d}" for i in range(1, 24)} - {"M22"}
    assert set(FAULTS) == wanted
    assert all(fault.fix.endswith(".") and fault.name and fault.stage for fault in FAULTS.values())


def test_a_suspect_that_is_hardly_believed_accuses_nobody(monkeypatch):
    weak = [Finding("M17", ACCUSED - 0.01, ["weak"])]
    monkeypatch.setattr(engine, "combine", lambda *_: weak)
    torch.manual_seed(0)
    said = engine.diagnose(*observe_module(Model(), Data(), 60))
    assert (said.verdict, [s.fault for s in said.suspects]) == ("inconclusive", ["M17"])
    weak[0] = weak[0].scored(ACCUSED)
    assert engine.diagnose(*observe_module(Model(), Data(), 60)).verdict == "faulty"


class SingleRows(Model):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))


def double(rows):
    return rows[0].double(), rows[1]


@pytest.mark.parametrize(
    ("model", "data", "fault"),
    [
        (SingleRows, Data(batch=1), "D19"),
        (Model, Data(double(blobs()), double(blobs(120, 1))), "D18"),
        (Model, Data((blobs()[0], blobs()[1].float())), "D18"),
    ],
    ids=["one row in batch norm", "double inputs", "classes as fractions"],
)
def test_a_step_that_fails_at_once_is_read_from_its_exception(model, data, fault):
    result = diagnosed(model(), data)
    assert (result.verdict, faults(result)) == ("faulty", [fault])
    assert any("own step fails" in note for note in result.notes)


def test_a_step_that_fails_for_reasons_unknown_is_inconclusive():
    class Fails(Model):
        def training_step(self, batch, index):
            raise KeyError("no such thing")

    result = diagnosed(Fails(), Data())
    assert (result.verdict, faults(result)) == ("inconclusive", [])


def test_a_diagnosis_whose_experiment_broke_off_calls_nothing_healthy(monkeypatch):
    def breaks(self):
        raise ValueError("boom")

    monkeypatch.setattr(engine.Experiment, "run", breaks)
    result = diagnosed(Model(), Data())
    assert result.verdict == "inconclusive"
    assert any("boom" in note for note in result.notes)


def test_of_variants_that_all_fail_the_best_is_taken(monkeypatch):
    torch.manual_seed(0)
    case = build_case(*observe_module(Model(), Data(), 60))
    experiment = engine.Experiment(case, worked() + 60)
    scores = iter([-0.9, -0.5, -0.7])
    monkeypatch.setattr(case.lab, "run", lambda setup: Run(setup, next(scores), 0.0, (), 1, 0.0))
    monkeypatch.setattr(Run, "score", property(lambda run: run.train))
    variants = [{"rate": 0.1}, {"rate": 0.01}, {"rate": 10.0}]
    tried = Intervention("rates", variants, lambda case, variant: None, 1.0)
    assert experiment._mending(tried) == {"rate": 0.01}
