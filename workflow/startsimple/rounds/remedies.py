"""What to change where training is unstable above its best rate: the remedies in order (T-13)."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from startsimple.rounds.fixes import Fix, load_fixes
from startsimple.rounds.propose import NOT_NOW, READY, Prediction, Proposal, apply
from startsimple.rounds.run import Run, get
from startsimple.schema.config import INSTABILITY
from startsimple.schema.verdict import Status


def remedies(run: Run, conf: Path) -> list[Proposal]:
    """List what steadies a run's training, in order; none unless its tuning warned (T-12).

    Args:
        run: A run.
        conf: The config folder.
    """
    found = run.check("tune", "T-12")
    if found.get("status") != Status.WARN:
        return []
    fixes = load_fixes(conf).get(INSTABILITY, [])
    return [_remedy(run, fix, found) for fix in fixes]


def _remedy(run: Run, fix: Fix, found: Mapping[str, Any]) -> Proposal:
    """Return the proposal of one fix, with the values that the probe has measured."""
    probe: Mapping[str, Any] = run.numbers("tune")["probe"]
    if fix.change.get("half_best_rate"):
        return _half_of(run, fix, float(probe["rate"]))
    if fix.change.get("clip"):
        own, norm = get(run.config, "optimizer.clip_norm"), probe.get("gradient_norms", {}).get("1")
        if own:
            return _not_now(fix, f"optimizer.clip_norm is {own:g}")
        if norm is None:
            return _not_now(fix, "no finite norm of the gradient is measured at the best rate")
        fix = _setting(fix, "optimizer.clip_norm", norm)
    predicted = _prediction(found)
    words = "" if predicted else "twice the best rate diverged and is expected to be stable"
    return _in_words(apply(run, fix, predicted), words)


def _half_of(run: Run, fix: Fix, rate: float) -> Proposal:
    own = float(get(run.config, "optimizer.lr"))
    if own <= rate / 2:
        return _not_now(fix, f"the run's own rate of {own:g} is below half of the best one")
    # The probe asks twice the best rate, whatever the run's own: no number is predicted of it.
    words = "twice the run's own rate is then the best one, at which training was compared"
    return _in_words(apply(run, _setting(fix, "optimizer.lr", rate / 2), None), words)


def _in_words(proposal: Proposal, words: str) -> Proposal:
    return replace(proposal, note=words) if words and proposal.state == READY else proposal


def _not_now(fix: Fix, why: str) -> Proposal:
    return Proposal(fix, NOT_NOW, why, {}, {}, None)


def _setting(fix: Fix, key: str, value: float) -> Fix:
    return replace(fix, change={"set": {key: float(f"{value:.4g}")}})


def _prediction(found: Mapping[str, Any]) -> Prediction | None:
    """Predict that the measure falls to within its limit; a run that diverged has no number."""
    value, limit = float(found["value"]), float(found["threshold"])
    if not math.isfinite(value):
        return None
    told = f"stable: at most {limit:g} of the loss regained at twice the best rate"
    return Prediction(INSTABILITY, round(-value, 6), round(limit - value, 6), told)
