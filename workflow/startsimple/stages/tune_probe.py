"""Looks above the best learning rate: a range test, short runs at its multiples (T-12, T-13)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from startsimple.schema.config import ScheduleConfig
from startsimple.schema.verdict import Check, Status, judge
from startsimple.stages.tune_rounds import Contest, Rounds, variant
from startsimple.training.range_test import Losses, Suggestions, regained, suggest
from startsimple.training.runs import Variant, unit_of
from startsimple.training.search import Point, bare
from startsimple.training.units import Result, Unit

# The best learning rate is confirmed to be stable at twice, and probed at five times its value.
FACTORS = (2, 5)
# Clipping is for training at the best rate: above it, its own instability would set the limit.
_MEASURED = (1, *FACTORS)
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
        norms: By factor, 1 for the best rate itself: the 90th percentile of the L2 norm of the
            whole gradient over the steps; None where it is not finite.
    """

    rate: float
    regained: dict[int, float]
    suggestions: Suggestions
    norms: dict[int, float | None] = field(default_factory=dict[int, float | None])

    def plain(self) -> dict[str, Any]:
        """Return the probe as it is written in the verdict."""
        told = {str(factor): value for factor, value in self.regained.items()}
        return {
            "rate": self.rate,
            "regained": told,
            "range_test": asdict(self.suggestions),
            "disagreement": self.suggestions.disagreement(),
            "gradient_norms": {str(factor): value for factor, value in self.norms.items()},
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
            norms=True,
        )
        for factor in _MEASURED
    ]
    ramped, *results = rounds.run("probe", units)
    probed = dict(zip(_MEASURED, results, strict=True))
    return Probe(
        rate,
        {factor: regained(losses_of(probed[factor])) for factor in FACTORS},
        suggest(losses_of(ramped), _HIGHEST),
        {factor: typical_norm(result) for factor, result in probed.items()},
    )


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


def judge_clipping(limit: float, contest: Contest) -> list[Check]:
    """Judge whether clipping cuts into usual updates (T-13); nothing where nothing is clipped.

    Args:
        limit: Share of the updates that may be clipped.
        contest: The compared runs.
    """
    shares = {
        name: max(result.figures["clipped"] for _, result in pairs)
        for name, pairs in (("winner", contest.winner), ("incumbent", contest.incumbent))
        if "clipped" in pairs[0][1].figures
    }
    if not shares:
        return []
    told = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return [
        judge(
            "T-13",
            "share of updates that were clipped, in the compared runs",
            round(max(shares.values()), 6),
            "<=",
            limit,
            source="T-13",
            evidence=f"{told}; more is too aggressive: lower the learning rate instead",
            otherwise=Status.WARN,
        )
    ]


def typical_norm(result: Result) -> float | None:
    """Return the 90th percentile of a run's gradient norms, None if it is not finite (T-13)."""
    value = float(np.percentile(result.tensors["norms"].double().numpy(), 90))
    return value if np.isfinite(value) else None


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


def _unit(rounds: Rounds, name: str, changes: Variant, *, norms: bool = False) -> Unit:
    context = rounds.inputs.context()
    return unit_of(name, rounds.config, 0, rounds.bench, "full", context, changes, norms=norms)


def risen(results: Sequence[Result]) -> float:
    """Return how far the training loss of the worst of some runs climbs back (T-09)."""
    return max(regained(losses_of(result)) for result in results)
