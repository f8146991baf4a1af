from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from startsimple.audit.compare import Difference, compare_stage
from startsimple.schema.canonical import write_bytes, write_json

UNIT = "units/aa"


def write(run: Path, changes: dict[str, Any] | None = None) -> None:
    arrays = {
        "losses": np.linspace(2, 1, 6, dtype=np.float32),
        "bits": np.arange(12, dtype=np.int32).reshape(6, 2),
        "model.first.weight": np.ones((2, 2), np.float32),
        **(changes or {}),
    }
    write_bytes(run / UNIT / "tensors.safetensors", save(arrays))
    figures = {"figures": {"traced": ["first.weight", "first.bias"]}}
    write_json(run / UNIT / "figures.json", figures)
    write_json(run / "gap/curves.json", {"series": [{"value": [1.0, 2.0]}]})
    write_json(run / "gap/verdict.json", {"checks": [{"value": 0.5}], "status": "pass"})
    (run / "gap/stage.log").write_text(str(run))


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("old", "new"):
        write(tmp_path / name)
    return tmp_path / "old", tmp_path / "new"


WRITTEN = [f"{UNIT}/tensors.safetensors", f"{UNIT}/figures.json"]


def differences(runs: tuple[Path, Path]) -> list[Difference]:
    return compare_stage(*runs, "gap", WRITTEN)


def test_equal_runs_do_not_differ_and_logs_do_not_count(runs: tuple[Path, Path]) -> None:
    (runs[0] / "gap/diagnosis.json").write_text("{}")
    for number, run in enumerate(runs):  # Optuna dates every line of its journal.
        (run / "gap/study.journal").write_text(f"2026-01-0{number + 1}")
    assert differences(runs) == []


def test_one_bit_of_a_weight_is_named_at_its_step_and_tensor(runs: tuple[Path, Path]) -> None:
    bits = np.arange(12, dtype=np.int32).reshape(6, 2)
    bits[3, 1] ^= 1
    bits[4:, :] += 5
    losses = np.linspace(2, 1, 6, dtype=np.float32)
    losses[4:] += 1
    write(runs[1], {"bits": bits, "losses": losses})
    first = differences(runs)[0]
    assert (first.step, first.tensor, first.file) == (4, "first.bias", WRITTEN[0])
    assert str(first).startswith("gap, units/aa/tensors.safetensors, step 4, tensor first.bias:")


def test_one_bit_of_the_final_weights_is_named_at_the_last_step(runs: tuple[Path, Path]) -> None:
    weights = np.ones((2, 2), np.float32)
    weights.view(np.uint32)[1, 0] ^= np.uint32(4)
    write(runs[1], {"model.first.weight": weights})
    (first,) = differences(runs)
    assert (first.step, first.tensor) == (6, "first.weight")
    assert first.told.startswith("1 bits differ, the first in element 2 (1.0 and 1.00000")


def test_loss_alone_is_named_at_its_step(runs: tuple[Path, Path]) -> None:
    losses = np.linspace(2, 1, 6, dtype=np.float32)
    losses[2] = 9
    write(runs[1], {"losses": losses})
    (first,) = differences(runs)
    assert (first.step, first.tensor) == (3, "losses")


def test_other_shapes_and_names_are_told(runs: tuple[Path, Path]) -> None:
    write(runs[1], {"model.first.weight": np.ones(4, np.float32)})
    assert differences(runs)[0].told == "F32[2, 2] became F32[4]"
    write(runs[1], {"model.more": np.ones(4, np.float32)})
    assert differences(runs)[0].told == "tensors model.more"


def test_json_is_named_by_its_path_and_the_verdict_comes_last(runs: tuple[Path, Path]) -> None:
    write_json(runs[1] / "gap/curves.json", {"series": [{"value": [1.0, 2.5]}]})
    write_json(runs[1] / "gap/verdict.json", {"checks": [{"value": 0.7}], "status": "pass"})
    told = [str(item) for item in differences(runs)]
    assert told == [
        "gap, gap/curves.json: series[0].value[1] was 2.0, is 2.5",
        "gap, gap/verdict.json: checks[0].value was 0.5, is 0.7",
    ]


def test_file_that_only_one_side_has_is_a_difference(runs: tuple[Path, Path]) -> None:
    (runs[0] / "gap/curves.json").unlink()
    assert differences(runs) == []
    (runs[1] / "gap/verdict.json").unlink()
    assert [item.told for item in differences(runs)] == ["the rerun does not have it"]
    more = compare_stage(*runs, "gap", [*WRITTEN, "gap/curves.json"])
    assert "the record does not have it" in [item.told for item in more]
