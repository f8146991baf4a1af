"""The rounds of a family of experiments, from the first one on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from startsimple.rounds.compare import score, test_score
from startsimple.rounds.run import Run, known_runs, load_run


@dataclass(frozen=True)
class Round:
    """One round.

    Attributes:
        run: Name of the run.
        parent: Run that it is a round of, None for the first.
        route: What its gap stage routed to, None before that stage.
        change: The one logical change against the parent.
        predicted: What the change was expected to do.
        observed: What it did, and whether that was a surprise.
        val_score: Validation score of the round's own configuration.
        test_score: Its test score, None if test was not opened.
        components: The error's components by name, irreducible first.
    """

    run: str
    parent: str | None
    route: str | None
    change: str | None
    predicted: Mapping[str, Any] | None
    observed: Mapping[str, Any] | None
    val_score: float | None
    test_score: float | None
    components: Mapping[str, float]

    def plain(self) -> dict[str, Any]:
        """Return the round as JSON holds it; the components are for the plot."""
        return {key: value for key, value in vars(self).items() if key != "components"}


def history(root: Path, name: str) -> list[Round]:
    """Return all rounds of a run's family: its ancestors, itself, and what descends from them.

    Args:
        root: The repository, which holds results/.
        name: Any run of the family.

    Returns:
        The rounds, each after its parent; siblings by name.
    """
    runs = {known: load_run(root, known) for known in known_runs(root)}
    first = load_run(root, name)
    seen = {first.name}
    while first.parent in runs and first.parent not in seen:
        first = runs[first.parent]
        seen.add(first.name)
    rounds: list[Round] = []
    waiting, done = [first.name], set[str]()
    while waiting:
        current = waiting.pop(0)
        done.add(current)
        rounds.append(_round(runs[current]))
        waiting += [n for n, run in runs.items() if run.parent == current and n not in done]
    return rounds


def _round(run: Run) -> Round:
    gap = run.numbers("gap")
    # What a round against instability did is measured by tuning.
    judged: Mapping[str, Any] = run.numbers("tune").get("round") or gap.get("round") or {}
    observed = judged.get("observed")
    if observed is not None:
        observed = {**observed, "surprise": judged["surprise"]}
    return Round(
        run.name,
        run.parent,
        gap.get("route"),
        run.config.get("change"),
        _predicted(run),
        observed,
        score(gap),
        test_score(run),
        _components(run, gap),
    )


def _predicted(run: Run) -> Mapping[str, Any] | None:
    told: Mapping[str, Any] = run.config.get("predicted") or {}
    return told if told.get("component") else None


def _components(run: Run, gap: Mapping[str, Any]) -> dict[str, float]:
    """Return the components; validation overfitting from the runs that were scored on both."""
    if not gap:
        return {}
    parts = {"irreducible": float(gap["irreducible"])}
    parts |= {name: float(one["value"]) for name, one in gap["gaps"].items()}
    test = test_score(run)
    scores = (run.numbers("tune").get("validation") or {}).get("incumbent")
    if test is not None and scores:
        parts["validation_overfitting"] = sum(scores) / len(scores) - test
    return parts
