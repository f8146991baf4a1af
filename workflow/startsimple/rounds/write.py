"""The next round as an experiment file, ready to climb."""

import re
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from startsimple.rounds.propose import READY, Proposal
from startsimple.rounds.run import Run
from startsimple.schema.canonical import write_bytes
from startsimple.schema.compose import compose_experiment
from startsimple.schema.errors import UserError


def accept(run: Run, conf: Path, route: str, proposal: Proposal) -> Path:
    """Write a proposal as conf/experiment/<name>_r<k>.yaml.

    Args:
        run: The parent.
        conf: The config folder.
        route: What the fix is against.
        proposal: A proposal that is ready.

    Returns:
        Path of the file; the one that is there already if it says the same.

    Raises:
        UserError: If the proposal is not ready, or the run's overrides cannot be carried over.
    """
    if proposal.state != READY:
        note = f" ({proposal.note})" if proposal.note else ""
        raise UserError(
            f"Fix {proposal.fix.letter} is {proposal.state}{note}: accept one that is ready."
        )
    base, number = _numbered(run.experiment)
    while True:
        number += 1
        path = conf / "experiment" / f"{base}_r{number}.yaml"
        text = _text(run, conf, route, proposal, f"round {number} of {base}")
        if not path.exists():
            break
        if path.read_text(encoding="utf-8") == text:
            return path
    write_bytes(path, text.encode())
    try:
        compose_experiment(conf, path.stem)
    except UserError:
        path.unlink()
        raise
    return path


def _numbered(experiment: str) -> tuple[str, int]:
    found = re.fullmatch(r"(.+)_r(\d+)", experiment)
    return (found[1], int(found[2])) if found else (experiment, 0)


def _text(run: Run, conf: Path, route: str, proposal: Proposal, title: str) -> str:
    defaults, values = _carried(run.overrides, conf)
    defaults |= proposal.group
    for key, value in proposal.changes.items():
        _put(values, key, value)
    told = ", ".join(
        f"{key} = {_show(value)}" for key, value in {**proposal.group, **proposal.changes}.items()
    )
    predicted = proposal.predicted
    words = f"; {proposal.note}" if proposal.note else ""
    effect = f", which changes the {predicted.show()}" if predicted else words
    listed: list[Any] = [run.experiment, *({f"override /{k}": v} for k, v in defaults.items())]
    content = {
        "defaults": listed,
        "parent": run.name,
        "change": told,
        "hypothesis": f"Against {route}, fix {proposal.fix.letter}: {proposal.fix.fix}; "
        f"{told}{effect}.",
        "predicted": dict(vars(predicted)) if predicted else {"component": None},
        **values,
    }
    body = yaml.safe_dump(content, sort_keys=False, width=98, allow_unicode=True)
    return f"# @package _global_\n# {title.capitalize()}: written by `startsimple next`.\n{body}"


def _carried(overrides: tuple[str, ...], conf: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Turn the parent's overrides into defaults and values, so that the round starts from it."""
    groups = {path.name for path in conf.iterdir() if path.is_dir()}
    defaults: dict[str, str] = {}
    dotted: list[str] = []
    for override in overrides:
        key, sign, value = override.partition("=")
        if not sign or not re.fullmatch(r"[A-Za-z_][\w.]*", key):
            raise UserError(
                f"The run was climbed with the override '{override}', which a round cannot carry "
                "over: put it into an experiment file first."
            )
        if key in groups:
            defaults[key] = value
        else:
            dotted.append(override)
    values: Any = OmegaConf.to_container(OmegaConf.from_dotlist(dotted))
    return defaults, values


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for part in parents:
        values = values.setdefault(part, {})
    values[last] = value


def _show(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
