"""A round against its parent: did one thing change, and did it do what was predicted?"""

import math
from dataclasses import asdict
from typing import Any

from startsimple.schema.canonical import read_json
from startsimple.schema.config import INSTABILITY, Config
from startsimple.schema.verdict import Check, Status, judge
from startsimple.stages.gap_store import StoredErrors, read_errors
from startsimple.stages.stage import Inputs
from startsimple.training.gaps import Decomposition
from startsimple.training.outcome import paired_change, surprising
from startsimple.training.statistics import Estimate

# Sections of the config that are one factor together; all others are a factor each.
FACTORS = {"optimizer": "optimisation", "schedule": "optimisation"}
_COUNTED = ("dataset", "model", "loss", "optimizer", "schedule", "training", "fault")


def judge_round(
    config: Config, inputs: Inputs, parts: Decomposition, own: dict[str, StoredErrors]
) -> tuple[list[Check], dict[str, Any]]:
    """Hold a round against its parent; an experiment without a parent has nothing to hold.

    Args:
        config: With parent, change and predicted.
        inputs: Where the stage stands.
        parts: The round's error, taken apart.
        own: The round's errors by set.

    Returns:
        The checks I-01 and I-02, and the figures behind them.
    """
    if config.parent is None:
        return [], {}
    folder = inputs.root / "results" / config.parent
    deciding = (folder / "config.json", folder / "gap" / "verdict.json")
    if not all(path.exists() for path in deciding):
        told = f"the parent '{config.parent}' has not been climbed here"
        return [_skip("I-01", told), _skip("I-02", told)], {}
    # Both are read whatever was promised: what decides an answer is recorded as an input.
    parent, before = (read_json(path) for path in deciding)
    changed = changed_factors(parent["config"], _plain(config))
    one = judge(
        "I-02",
        "logical changes against the parent",
        len(changed),
        "==",
        1,
        source="contract: one new piece of complexity a round",
        evidence=f"{config.change or 'no change declared'}; differs in {', '.join(changed) or '-'}",
        otherwise=Status.WARN,
    )
    figures: dict[str, Any] = {"parent": config.parent, "changed": changed}
    if config.predicted.component == INSTABILITY:
        return [_skip("I-01", "what was predicted is measured and judged by tuning"), one], figures
    observed = _observed(config, inputs, parts, own, before["numbers"])
    if observed is None:
        return [_skip("I-01", "no effect was predicted in numbers"), one], figures
    error = _change("error", config, inputs, own)
    note = f"; the validation error changed by {error.show()}" if error else ""
    check, outcome = _prediction(config, observed, note)
    return [check, one], {**figures, **outcome}


def judge_steadiness(
    config: Config, inputs: Inputs, stability: Check
) -> tuple[list[Check], dict[str, Any]]:
    """Hold T-12's measure of a round against its parent's, if that is what it wants to change.

    Args:
        config: With parent and predicted.
        inputs: Where the stage stands.
        stability: The round's own check T-12.

    Returns:
        The check I-01 and the figures behind it; nothing for a round that promised another thing.
    """
    if config.parent is None or config.predicted.component != INSTABILITY:
        return [], {}
    path = inputs.root / "results" / config.parent / "tune" / "verdict.json"
    checks = read_json(path)["checks"] if path.exists() else []
    found = [stability.value, *(one["value"] for one in checks if one["id"] == "T-12")]
    if len(found) < 2 or not all(isinstance(v, float) and math.isfinite(v) for v in found):
        told = f"no finite measure of '{config.parent}' and of this round to compare"
        return [_skip("I-01", told)], {}
    # Rounded as what was predicted is: a value at its limit must not fall outside by a last bit.
    change = round(found[0] - found[1], 6)
    # One run each: there is no spread to tell.
    check, outcome = _prediction(config, Estimate(change, change, change), "")
    return [check], {"parent": config.parent, **outcome}


def changed_factors(parent: dict[str, Any], own: dict[str, Any]) -> list[str]:
    """Return the logical factors in which two configs differ."""
    return sorted({FACTORS.get(k, k) for k in _COUNTED if own.get(k) != parent.get(k)})


def _plain(config: Config) -> dict[str, Any]:
    return {
        key: value if isinstance(value, dict) else asdict(value)
        for key in _COUNTED
        if (value := getattr(config, key)) is not None
    }


def _prediction(config: Config, observed: Estimate, note: str) -> tuple[Check, dict[str, Any]]:
    told = config.predicted
    surprise = surprising(observed, told.low, told.high)
    check = judge(
        "I-01",
        f"change of {told.component} that was predicted",
        "surprise" if surprise else "as predicted",
        "==",
        "as predicted",
        source="contract: a hypothesis precedes each round",
        evidence=f"observed {observed.show()}, predicted {told.low:.3f} to {told.high:.3f}"
        f" ({told.source}){note}"
        + ("; find out why before building on it, even if the metric improved" * surprise),
        otherwise=Status.WARN,
    )
    return check, {
        "predicted": asdict(told),
        "observed": {**asdict(observed), "component": told.component},
        "surprise": surprise,
    }


def _observed(
    config: Config,
    inputs: Inputs,
    parts: Decomposition,
    own: dict[str, StoredErrors],
    parent: dict[str, Any],
) -> Estimate | None:
    """Return the change of what was predicted against the figures of the parent's gap."""
    component = config.predicted.component
    if component is None:
        return None
    paired = _change(component, config, inputs, own)
    if paired is not None:
        return paired
    # Other examples than the parent's: the two gaps are independent measurements.
    before = parent["gaps"].get(component)
    after = next((gap.estimate for gap in parts.gaps if gap.name == component), None)
    if component == "error":
        before, after = parent["errors"]["validation"], parts.selected_on()
    if before is None or after is None:
        return None
    low = after.value - before["value"] - _hypot(after.value - after.low, before, "high")
    high = after.value - before["value"] + _hypot(after.high - after.value, before, "low")
    return Estimate(after.value - before["value"], low, high)


def _hypot(side: float, before: dict[str, float], end: str) -> float:
    return (side**2 + (before[end] - before["value"]) ** 2) ** 0.5


def _change(
    component: str, config: Config, inputs: Inputs, own: dict[str, StoredErrors]
) -> Estimate | None:
    before = read_errors(inputs.root, config.parent or "")
    if before is None:
        return None
    shared = [name for name in own if name in before and own[name].same_examples(before[name])]
    return paired_change(
        component,
        {name: before[name].errors for name in shared},
        {name: own[name].errors for name in shared},
        config.stage.gap.confidence,
    )


def _skip(id: str, evidence: str) -> Check:
    titles = {"I-01": "change that was predicted", "I-02": "logical changes against the parent"}
    return Check(id, titles[id], Status.SKIP, source="contract", evidence=evidence)
