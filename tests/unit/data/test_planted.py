"""Each injected fault of the data does what its id says, and the data contract answers to it."""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from tests.composing import injected
from tests.conftest import REPOSITORY, Climb

from startsimple.data.build import build
from startsimple.data.contract import contract
from startsimple.data.faults import plant
from startsimple.data.pack import Split, read_split
from startsimple.data.pointer import folder_of
from startsimple.data.prepared import load_prepared, open_test
from startsimple.data.proof import Materialised
from startsimple.schema.compose import compose_experiment
from startsimple.schema.config import Config
from startsimple.schema.errors import UserError
from startsimple.schema.faults import FaultConfig
from startsimple.schema.load import load_slice
from startsimple.schema.verdict import Status

# The clause of the contract that answers, and how. D10 and D11 leave sound data: too few or too
# noisy ones are what the gap stage finds.
ANSWERS = {
    "D02": ("D-15", Status.WARN),
    "D04": ("D-08", Status.FAIL),
    "D05": ("D-07", Status.FAIL),
    "D06": ("D-06", Status.FAIL),
    "D07": ("D-19", Status.WARN),
    "D08": ("D-02", Status.FAIL),
    "D09": ("D-05", Status.FAIL),
    "D10": ("D-19", Status.WARN),
    "D11": ("D-19", Status.WARN),
    "D12": ("D-17", Status.FAIL),
}


@dataclass(frozen=True)
class Built:
    folder: Path
    splits: dict[str, Split]

    def planted(self, fault: str) -> tuple[Split, Split]:
        """Return the training and the test examples with a fault in them."""
        splits = plant(config(fault).dataset.fault, self.splits)
        return splits["train"], splits["test"]


def config(fault: str = "", experiment: str = "digits_mlp") -> Config:
    return injected(clean(experiment), fault) if fault else clean(experiment)


@lru_cache
def clean(experiment: str) -> Config:
    return load_slice(compose_experiment(REPOSITORY / "conf", experiment).config)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("data") / "digits"
    build(config().dataset, folder)
    splits = {n: read_split(folder / f"{n}.safetensors").joined() for n in ("train", "test")}
    return Built(folder, splits)


@pytest.mark.parametrize("fault", ANSWERS)
def test_the_contract_answers(digits: Built, fault: str) -> None:
    settings, (id, status) = config(fault), ANSWERS[fault]
    data = Materialised(digits.folder, "md5", "workspace")
    checks = {c.id: c for c in contract(data, settings.dataset, settings.stage.data).checks}
    assert checks[id].status is status
    assert checks["D-03"].status is Status.PASS


def test_without_a_fault_none_of_these_clauses_answers(digits: Built) -> None:
    data = Materialised(digits.folder, "md5", "workspace")
    checks = contract(data, config().dataset, config().stage.data).checks
    answering = {c.id for c in checks if c.status is not Status.PASS}
    assert answering & {id for id, _ in ANSWERS.values()} <= {"D-07"}


def test_d02_inputs_are_tiny(digits: Built) -> None:
    assert max(float(part.x.max()) for part in digits.planted("D02")) == pytest.approx(1 / 16)


def test_d04_some_inputs_are_nan(digits: Built) -> None:
    train, test = digits.planted("D04")
    assert 0 < int(np.isnan(train.x).sum()) < 0.01 * train.x.size
    assert np.isfinite(test.x).all() and np.isfinite(digits.splits["train"].x).all()


def test_d05_one_label_is_left(digits: Built) -> None:
    assert [len(np.unique(part.y)) for part in digits.planted("D05")] == [1, 1]


def test_d06_one_class_dominates(digits: Built) -> None:
    counts = np.bincount(digits.planted("D06")[0].y)
    assert len(counts) == 10 and counts.min() > 0 and counts[0] > 10 * counts[1:].max()


def test_d07_labels_are_wrong_at_a_known_rate(digits: Built) -> None:
    y, clean = digits.planted("D07")[0].y, digits.splits["train"].y
    assert np.array_equal(np.sort(y), np.sort(clean))
    assert 0.3 < float((y != clean).mean()) < 0.4


def test_d08_labels_are_those_of_the_row_before(digits: Built) -> None:
    assert np.array_equal(digits.planted("D08")[0].y[1:], digits.splits["train"].y[:-1])


def test_d09_every_test_example_is_trained_on(digits: Built) -> None:
    train, test = digits.planted("D09")
    rows = {row.tobytes() for row in train.x}
    assert all(row.tobytes() in rows for row in test.x)
    assert len(np.unique(train.x_id)) == len(train) == len(digits.splits["train"]) + len(test)


def test_d10_every_input_is_half_of_another_one(digits: Built) -> None:
    train, clean = digits.planted("D10")[0], digits.splits["train"]
    others = {row.tobytes() for row in clean.x}
    rest = 2 * train.x - clean.x
    assert all(row.tobytes() in others for row in rest)
    assert np.array_equal(train.y, clean.y) and not (rest == clean.x).all(1).any()


def test_d11_few_examples_are_left(digits: Built) -> None:
    train, test = digits.planted("D11")
    assert len(train) == 120 and len(test) == 360 and len(np.unique(train.y)) == 10


def test_d12_only_the_test_examples_are_shifted(digits: Built) -> None:
    train, test = digits.planted("D12")
    assert np.array_equal(train.x, digits.splits["train"].x)
    assert float(test.x.std()) == pytest.approx(
        0.5 * float(digits.splits["test"].x.std()), rel=1e-4
    )


def test_every_stage_reads_what_the_contract_judged(climb: Climb) -> None:
    clean, test = load_prepared(*place(climb)).train, open_test(*place(climb))
    labels = dict(zip(clean.x_id.tolist(), clean.y.tolist(), strict=True))
    assert climb.run("data", ["fault=D08"]).suspects[0].fault == "D08"
    faulty = load_prepared(*place(climb)).train
    pairs = zip(faulty.x_id.tolist(), faulty.y.tolist(), strict=True)
    assert np.mean([labels[key] == label for key, label in pairs if key in labels]) < 0.3
    assert climb.run("data", ["fault=D12"]).suspects[0].fault == "D12"
    assert float(open_test(*place(climb)).x.mean()) > float(test.x.mean()) + 0.2
    climb.run("data")
    assert load_prepared(*place(climb)).train.y.tobytes() == clean.y.tobytes()


@pytest.mark.parametrize("fault", ["D04", "D05", "D06", "D09"])
def test_the_stage_blocks_and_names_the_fault(climb: Climb, fault: str) -> None:
    verdict = climb.run("data", [f"fault={fault}"])
    assert verdict.status is Status.FAIL
    assert fault in {suspect.fault for suspect in verdict.suspects}


def place(climb: Climb):
    return folder_of(config().dataset, climb.root), climb.inputs("simplify").artefact


def test_a_regression_has_no_classes_to_lose() -> None:
    settings = config("D06", "diabetes_mlp")
    split = Split(np.zeros((2, 1), np.float32), np.zeros(2, np.float32), np.arange(2), np.arange(2))
    with pytest.raises(UserError, match="Fault D06 needs classes"):
        plant(settings.dataset.fault, {"train": split, "test": split})


def test_a_wrong_argument_is_one_sentence(digits: Built) -> None:
    fault = FaultConfig("startsimple.data.faults.noisy_labels", {"part": 0.5})
    with pytest.raises(UserError, match=r"dataset\.fault\.D07 does not fit .*noisy_labels"):
        plant({"D07": fault}, digits.splits)


def test_faults_are_the_same_at_every_look(digits: Built) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for fault in ANSWERS:
            first, second = (digits.planted(fault)[0] for _ in range(2))
            assert first.x.tobytes() == second.x.tobytes()
            assert first.y.tobytes() == second.y.tobytes()
