"""Where two runs of the same stage part: the first step and tensor, or the first value."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from startsimple.audit.tensors import Raw, read_tensors

# Written by other rules, or by people who look on: no result of the stage. Optuna's journal dates
# its lines and names their process; the trials in it are in the verdict, too.
_IGNORED = ("diagnosis.json", "error.txt", "study.journal")


@dataclass(frozen=True)
class Difference:
    """One place where a stage came out differently.

    Attributes:
        stage: Name of the stage.
        file: Path below the run's folder.
        told: What differs, for people.
        tensor: Name of the tensor, empty for other files.
        step: Training step (from 1) at which the tensor differs first; None if it has no steps.
    """

    stage: str
    file: str
    told: str
    tensor: str = ""
    step: int | None = None

    def __str__(self) -> str:
        where = [self.stage, self.file]
        where += [f"step {self.step}"] if self.step is not None else []
        where += [f"tensor {self.tensor}"] if self.tensor else []
        return f"{', '.join(where)}: {self.told}"


def compare_stage(recorded: Path, again: Path, stage: str, written: list[str]) -> list[Difference]:
    """Compare a stage's results bit for bit.

    Args:
        recorded: The run's folder.
        again: The run's folder where the stage was run again.
        stage: Name of the stage.
        written: What was written there, by path below the run's folder.

    Returns:
        The differences, earliest training step first, the verdict last; empty if there are none.
    """
    there = {path.relative_to(recorded).as_posix() for path in (recorded / stage).rglob("*")}
    kept = {name for name in there if (recorded / name).is_file() and _counts(name)}
    found: list[Difference] = []
    for name in sorted(kept | {name for name in written if _counts(name)}):
        first, second = recorded / name, again / name
        if not first.is_file() or not second.is_file():
            place = "the rerun" if first.is_file() else "the record"
            found.append(Difference(stage, name, f"{place} does not have it"))
        elif first.read_bytes() != second.read_bytes():
            found += _compare_files(stage, name, first, second)
    last = 1 << 62
    return sorted(
        found,
        key=lambda item: (
            item.file.endswith("verdict.json"),
            last if item.step is None else item.step,
            item.file,
        ),
    )


def _counts(name: str) -> bool:
    return not name.endswith(".log") and Path(name).name not in _IGNORED


def _compare_files(stage: str, name: str, first: Path, second: Path) -> list[Difference]:
    try:
        if first.suffix == ".safetensors":
            difference = _tensors(stage, name, first, second)
            return [difference] if difference else []
        if first.suffix == ".json":
            told = _values(json.loads(first.read_bytes()), json.loads(second.read_bytes()), "")
            return [Difference(stage, name, told or "written differently")]
    except ValueError as error:
        return [Difference(stage, name, f"it cannot be read: {error}")]
    return [Difference(stage, name, "other bytes")]


def _tensors(stage: str, name: str, first: Path, second: Path) -> Difference | None:
    """Return where two files of tensors differ first; None if only their layout differs."""
    old, new = read_tensors(first), read_tensors(second)
    if set(old) != set(new):
        return Difference(stage, name, f"tensors {', '.join(sorted(set(old) ^ set(new)))}")
    differing = [key for key in old if old[key] != new[key]]
    if not differing:
        return None
    steps = old["losses"].shape[0] if "losses" in old else None
    if "bits" in differing and old["bits"].shape == new["bits"].shape:
        step, column = _first_row(old["bits"], new["bits"])
        names: list[str] = json.loads(first.with_name("figures.json").read_bytes())["figures"][
            "traced"
        ]
        return Difference(stage, name, "its bits differ from here on", names[column], step)
    tensor = next((key for key in differing if key.startswith("model.")), differing[0])
    if tensor == "losses":
        step, _ = _first_row(old[tensor], new[tensor])
        return Difference(stage, name, "the loss differs from here on", tensor, step)
    told = _bits(old[tensor], new[tensor])
    return Difference(stage, name, told, tensor.removeprefix("model."), steps)


def _first_row(old: Raw, new: Raw) -> tuple[int, int]:
    """Return first differing step, from 1, and column of tensors with four bytes an element."""
    columns = old.shape[1] if len(old.shape) > 1 else 1
    pairs = zip(old.content, new.content, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), len(old.content)) // 4
    return at // columns + 1, at % columns


def _bits(old: Raw, new: Raw) -> str:
    if (old.dtype, old.shape) != (new.dtype, new.shape):
        return f"{old.dtype}{list(old.shape)} became {new.dtype}{list(new.shape)}"
    changed = [(a ^ b).bit_count() for a, b in zip(old.content, new.content, strict=True)]
    first = next(i for i, count in enumerate(changed) if count)
    size = max(len(old.content) // max(_elements(old.shape), 1), 1)
    told = f"{sum(changed)} bits differ, the first in element {first // size}"
    if old.dtype == "F32":
        place = slice(first // 4 * 4, first // 4 * 4 + 4)
        values = (struct.unpack("<f", raw.content[place])[0] for raw in (old, new))
        told += " ({!r} and {!r})".format(*values)
    return told


def _elements(shape: tuple[int, ...]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


def _values(old: Any, new: Any, path: str) -> str:
    """Return the first place at which two JSON values differ, an empty string if none does."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            if (told := _values(old.get(key), new.get(key), f"{path}.{key}")) != "":
                return told
        return ""
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            if (told := _values(*pair, f"{path}[{index}]")) != "":
                return told
        return ""
    if old == new:
        return ""
    return f"{path.lstrip('.')} was {json.dumps(old)[:80]}, is {json.dumps(new)[:80]}"
