"""Looks above the best learning rate: a range test, short runs at its multiples (T-12, T-13)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from startsimple.schema.config import ScheduleConfig
from startsimple.schema.verdict import Check, Status, judge
from startsimple.stages.tune_rounds import Rounds, variant
from startsimple.training.range_test import Losses, Suggestions, regained, suggest
from startsimple.training.runs import Variant, unit_of
from startsimple.training.search import Point, bare
from startsimple.training.units import Result, Unit

# The best learning rate is confirmed to be stable at twice, and probed at five times its value.
FACTORS = (2, 5)
_HIGHEST, _RAMP_STEPS = 10.0, 100

# T-13, in order.
REMEDIES = (
    "warm-up (schedule.warmup_fraction)",
    "gradient clipping at the 90th percentile of the norms",
    "another optimiser",
    "normalisation or residual connections",
    "and only then a lower learning rate",
)


@dataclass(frozen=True)
class Probe:
    """What lies above the best learning rate.

    Attributes:
        rate: The best learning rate.
        regained: By factor on it: how far the loss climbs back, as a share of its start.
        suggestions: What the range test suggests.
    """

    rate: float
    regained: dict[int, float]
    suggestions: Suggestions

    def plain(self) -> dict[str, Any]:
        """Return the probe as it is written in the verdict."""
        told = {str(factor): value for factor, value in self.regained.items()}
        return {
            "rate": self.rate,
            "regained": told,
            "range_test": asdict(self.suggestions),
            "disagreement": self.suggestions.disagreement(),
        }


def probe(rounds: Rounds, best: Point) -> Probe | None:
    """Run the range test and the instability probe; None if the search gives them no steps.

    Args:
        rounds: The experiment.
        best: The point whose learning rate is looked at, at a constant schedule.
    """
    steps, config = rounds.config.search.probe_steps, rounds.config
    if steps == 0:
        return None
    rates = [value for name, value in best.values.items() if bare(name) == "lr"]
    rate = rates[0] if rates else config.optimizer.lr
    own = variant(config, best, replace(config.training, steps=steps))
    optimizer = own.optimizer or config.optimizer
    flat = replace(own.schedule or config.schedule, name="constant")
    ramp = replace(
        own,
        optimizer=replace(optimizer, lr=_HIGHEST),
        schedule=ScheduleConfig("ramp"),
        training=replace(config.training, steps=_RAMP_STEPS, evaluations=1),
    )
    units = [_unit(rounds, "range test", ramp)] + [
        _unit(
            rounds,
            f"instability probe at {factor} times the rate",
            replace(own, optimizer=replace(optimizer, lr=factor * rate), schedule=flat),
        )
        for factor in FACTORS
    ]
    ramped, *probed = rounds.run("probe", units)
    told = {factor: regained(losses_of(r)) for factor, r in zip(FACTORS, probed, strict=True)}
    return Probe(rate, told, suggest(losses_of(ramped), _HIGHEST))


def judge_stability(limit: float, found: Probe | None) -> Check:
    """Judge whether training is stable at twice the best learning rate (T-12).

    Args:
        limit: Share of the initial loss that the loss may climb back.
        found: The probe, None if the search gave it no steps.
    """
    title = "loss regained above its low, at twice the best learning rate"
    if found is None:
        told = "not probed: search.probe_steps is 0"
        return Check("T-12", title, Status.SKIP, source="T-12", evidence=told)
    shown = ", ".join(
        f"at {factor} times {found.rate:g} {'it diverged' if np.isinf(value) else f'{value:.3f}'}"
        for factor, value in found.regained.items()
    )
    value = found.regained[FACTORS[0]]
    stable = value <= limit
    return judge(
        "T-12",
        title,
        round(value, 6),
        "<=",
        limit,
        source="T-12",
        evidence=f"share of the initial loss: {shown}; {advice(found.suggestions)}"
        + ("" if stable else f". Remedies in order: {', '.join(REMEDIES)}"),
        otherwise=Status.WARN,
    )


def advice(found: Suggestions) -> str:
    """Return what the range test suggests, in words."""
    told = [f"{name} {rate:.2g}" for name, rate in asdict(found).items() if rate is not None]
    ratio = found.disagreement()
    if not told or ratio is None:
        return "the range test is too short to suggest a rate"
    note = f", which disagree {ratio:.0f}-fold" if ratio > 10 else ""
    return f"the range test suggests {', '.join(told)}{note}"


def losses_of(result: Result) -> Losses:
    """Return the training loss of every step of a run, shape (steps,)."""
    return result.tensors["losses"].double().numpy()


def _unit(rounds: Rounds, name: str, changes: Variant) -> Unit:
    return unit_of(name, rounds.config, 0, rounds.bench, "full", rounds.inputs.context(), changes)


def risen(results: Sequence[Result]) -> float:
    """Return how far the training loss of the worst of some runs climbs back (T-09)."""
    return max(regained(losses_of(result)) for result in results)
