"""What to change next: the fixes of the routed gap, each with what it is expected to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from startsimple.rounds.fixes import Fix, load_fixes
from startsimple.rounds.run import Run, get
from startsimple.schema.errors import UserError
from startsimple.training.gaps import ROUTES

READY, BY_HAND, NOT_NOW = "ready", "by hand", "not now"


@dataclass(frozen=True)
class Prediction:
    """Change that is expected of a component (or of the error); negative is an improvement."""

    component: str
    low: float
    high: float
    source: str

    def show(self) -> str:
        """Return the prediction for people."""
        return f"{self.component.replace('_', ' ')} {self.low:+.3f} to {self.high:+.3f}"


@dataclass(frozen=True)
class Proposal:
    """One fix for one run.

    Attributes:
        fix: The entry of the list.
        state: READY, BY_HAND or NOT_NOW.
        note: Why, where it is not simply ready.
        changes: New values by dotted key.
        group: Config groups to choose anew, such as {"model": "cnn1d"}.
        predicted: What it is expected to do, None where nothing can be said.
        measured: The prediction rests on a measurement and not on a rule of thumb.
    """

    fix: Fix
    state: str
    note: str
    changes: Mapping[str, Any]
    group: Mapping[str, str]
    predicted: Prediction | None
    measured: bool = False


def propose(run: Run, conf: Path) -> tuple[str, list[Proposal]]:
    """List the fixes of a run's routed gap, in the lecture's order.

    Args:
        run: A run whose gap stage has been judged.
        conf: The config folder.

    Returns:
        The route and its proposals; none if there is nothing to fix.

    Raises:
        UserError: If the run's gap is not known yet.
    """
    gap = run.numbers("gap")
    if not gap:
        raise UserError(f"The gap of run '{run.name}' is not known yet: climb it first.")
    route = str(gap["route"])
    component = next((name for name, told in ROUTES.items() if told == route), "")
    fixes = load_fixes(conf).get(route, [])
    return route, [_proposal(run, fix, gap, component) for fix in fixes]


def advised(proposals: list[Proposal]) -> int | None:
    """Return the number, from 1, of the proposal to try first.

    What was measured comes before what is only expected; else the first in order that is ready.
    """
    ready = [
        number
        for number, one in enumerate(proposals, start=1)
        if one.state == READY and one.fix.recommended
    ]
    measured = [number for number in ready if proposals[number - 1].measured]
    return next(iter([*measured, *ready]), None)


def _proposal(run: Run, fix: Fix, gap: Mapping[str, Any], component: str) -> Proposal:
    if fix.fix.startswith("More training data"):
        return _more_data(fix, gap)
    if fix.change.get("tuned"):
        return _tuned(run, fix)
    predicted = None
    if fix.expects:
        size = float(gap["gaps"][component]["value"])
        least, most = fix.expects
        told = f"{least:.0%} to {most:.0%} of the gap, a rule of thumb"
        predicted = Prediction(component, round(-most * size, 4), round(-least * size, 4), told)
    return apply(run, fix, predicted)


def apply(run: Run, fix: Fix, predicted: Prediction | None) -> Proposal:
    """Return the proposal of a fix whose change its entry says in full.

    Args:
        run: The run that is to be changed.
        fix: The entry.
        predicted: What the change is expected to do if there is anything to change.
    """
    if not fix.change:
        return Proposal(fix, BY_HAND, "", {}, {}, None)
    changes, group = _changes(run.config, fix)
    own = {key: get(run.config, key) for key in fix.unless}
    done = own and all(value in _listed(fix.unless[key]) for key, value in own.items())
    if done or not (changes or group):
        told = ", ".join(f"{key} is {value}" for key, value in own.items()) if done else ""
        return Proposal(fix, NOT_NOW, told or "nothing here to change", {}, {}, None)
    return Proposal(fix, READY, "", changes, group, predicted)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _more_data(fix: Fix, gap: Mapping[str, Any]) -> Proposal:
    """More data is advised only if the learning curve still falls (E-08)."""
    curve: Mapping[str, Any] | None = gap.get("curve")
    if not curve:
        return Proposal(fix, NOT_NOW, "no learning curve has been measured", {}, {}, None)
    if not curve["falling"]:
        note = "the learning curve no longer falls beyond its interval"
        return Proposal(fix, NOT_NOW, note, {}, {}, None)
    gain, need = curve["next_gain"], curve["needed"]
    low, high = (float(need[end]) for end in ("low", "high"))
    note = (
        f"collect: the target needs about {_count(float(need['value']))} examples "
        f"[{_count(low)}, {_count(high)}], now {curve['sizes'][-1]}"
    )
    predicted = Prediction(
        "error",
        round(-float(gain["high"]), 4),
        round(-float(gain["low"]), 4),
        "learning curve, twice the data",
    )
    return Proposal(fix, BY_HAND, note, {}, {}, predicted, measured=True)


def _count(value: float) -> str:
    if value >= 1e9:
        return "endless"
    return f"{value:.2g}" if value >= 1e6 else f"{value:.0f}"


def _tuned(run: Run, fix: Fix) -> Proposal:
    tune = run.numbers("tune")
    if not tune:
        return Proposal(fix, NOT_NOW, "climb to the tuning stage first", {}, {}, None)
    if not tune["adopted"]:
        return Proposal(fix, NOT_NOW, "tried: no gain beyond retraining noise", {}, {}, None)
    changes = dict(tune["changes"])
    gain = tune["gain"]
    predicted = Prediction(
        "error",
        round(-float(gain["high"]), 4),
        round(-float(gain["low"]), 4),
        "measured by tuning over equal seeds",
    )
    return Proposal(fix, READY, "", changes, {}, predicted, measured=True)


def _changes(config: Mapping[str, Any], fix: Fix) -> tuple[dict[str, Any], dict[str, str]]:
    changes: dict[str, Any] = {}
    for key, factor in fix.change.get("multiply", {}).items():
        if (value := get(config, key)) and not changes:
            changes[key] = _scaled(value, factor)
    for key, value in fix.change.get("set", {}).items():
        if get(config, key) is not None:
            changes[key] = value
    for key, value in fix.change.get("raise", {}).items():
        if (get(config, key) or 0) < value:
            changes[key] = value
    for key, step in fix.change.get("add", {}).items():
        changes[key] = int(get(config, key) or 0) + step
    follower = fix.change.get("model", {}).get(str(config["model"]["_target_"]).split(".")[-1])
    fits = follower != "cnn1d" or config["dataset"]["input"] == "sequence"
    residual = follower == "mlp_residual" and get(config, "model.residual")
    return changes, {"model": follower} if follower and fits and not residual else {}


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, list):
        return [max(1, round(item * factor)) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return max(1, round(value * factor))
