"""A run on disk, as the rounds see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from startsimple.schema.canonical import read_json
from startsimple.schema.errors import UserError, nearest


@dataclass(frozen=True)
class Run:
    """One run with whatever its stages left.

    Attributes:
        root: The repository, which holds results/.
        name: Name of the run.
        config: The resolved config.
        overrides: The overrides that it was climbed with.
    """

    root: Path
    name: str
    config: Mapping[str, Any]
    overrides: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Folder below results/."""
        return self.root / "results" / self.name

    @property
    def experiment(self) -> str:
        """Name of the experiment, without the label of a variant."""
        return self.name.split("~")[0]

    @property
    def parent(self) -> str | None:
        """Name of the run that this one is a round of."""
        return self.config.get("parent")

    def numbers(self, stage: str) -> Mapping[str, Any]:
        """Return the figures of a stage's verdict, nothing if it has none."""
        path = self.folder / stage / "verdict.json"
        return cast("Mapping[str, Any]", read_json(path)["numbers"]) if path.exists() else {}

    def check(self, stage: str, id: str) -> Mapping[str, Any]:
        """Return a check of a stage's verdict, nothing if it was not made."""
        path = self.folder / stage / "verdict.json"
        checks = read_json(path)["checks"] if path.exists() else []
        return next((one for one in checks if one["id"] == id), {})

    def test(self) -> Mapping[str, Any]:
        """Return the scores of the claim on test, nothing if test has not been opened."""
        path = self.folder / "tune" / "test.json"
        return cast("Mapping[str, Any]", read_json(path)) if path.exists() else {}

    def seconds(self) -> float:
        """Return the wall time of the last finished attempt at every stage, summed."""
        total = 0.0
        for folder in sorted((self.folder / "audit").glob("*")):
            records = [
                read_json(path)
                for path in sorted(folder.glob("attempt-[0-9]*.json"))
                if ".open." not in path.name
            ]
            done = [record for record in records if record["status"] == "finished"]
            if done:
                last = max(done, key=lambda record: record["attempt"])
                total += float(last["time"]["seconds"])
        return total


def load_run(root: Path, name: str) -> Run:
    """Return a run.

    Raises:
        UserError: If there is no such run below results/.
    """
    known = known_runs(root)
    if name not in known:
        raise UserError(
            f"There is no run '{name}' below {root / 'results'}. {nearest(name, known)}"
        )
    resolved = read_json(root / "results" / name / "config.json")
    return Run(root, name, resolved["config"], tuple(resolved["overrides"]))


def known_runs(root: Path) -> list[str]:
    """Return the names of all runs below results/."""
    return [path.parent.name for path in sorted((root / "results").glob("*/config.json"))]


def get(config: Mapping[str, Any], key: str) -> Any:
    """Return a value by its dotted key, None if it is not there."""
    value: Any = config
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = cast("Mapping[str, Any]", value)[part]
    return value
