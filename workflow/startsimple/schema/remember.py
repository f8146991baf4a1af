"""Composed experiments, remembered under the digest of all that they were composed from.

Snakemake parses its Snakefile at every call, even where nothing is to be done: without this,
importing Hydra and composing would cost half of such a call.
"""

import hashlib
from pathlib import Path
from typing import Any

from startsimple.schema.canonical import read_json, write_json
from startsimple.schema.experiment import Experiment

CACHE = Path(".snakemake/startsimple/composed")


def composed(
    root: Path, name: str, overrides: list[str] | None = None, label: str | None = None
) -> Experiment:
    """Compose an experiment, or remember it if nothing that decides it has changed.

    Args:
        root: The repository, which holds conf/.
        name: A file name of conf/experiment, without its suffix.
        overrides: Hydra overrides.
        label: Name of this variant.

    Returns:
        The experiment.

    Raises:
        UserError: As `compose_experiment`; what failed is never remembered.
    """
    path = root / CACHE / f"{_key(root / 'conf', name, overrides, label)}.json"
    known = _read(path)
    if known is not None:
        return known
    from startsimple.schema.compose import compose_experiment

    fresh = compose_experiment(root / "conf", name, overrides, label)
    content = {"run": fresh.run, "overrides": list(fresh.overrides), "config": fresh.config}
    try:
        write_json(path, content)
    except OSError:
        # A read-only folder costs time at every call, nothing else.
        return fresh
    return fresh


def _key(conf: Path, name: str, overrides: list[str] | None, label: str | None) -> str:
    sha = hashlib.sha256(repr((name, overrides, label)).encode())
    schema = sorted(Path(__file__).parent.glob("*.py"))
    for path in [*sorted(conf.rglob("*.yaml")), *schema]:
        sha.update(f"{path.name} {path.parent.name} ".encode() + path.read_bytes())
    return sha.hexdigest()[:32]


def _read(path: Path) -> Experiment | None:
    try:
        raw: dict[str, Any] = read_json(path)
        return Experiment(raw["run"], tuple(raw["overrides"]), raw["config"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
