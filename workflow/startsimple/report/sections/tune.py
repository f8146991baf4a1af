"""Stage `tune` on the page: the search, the contest against retraining noise, the claim."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from startsimple.report.chart import Chart, Scale
from startsimple.report.climb import Rung
from startsimple.report.section import (
    Figure,
    Section,
    named,
    number,
    numbers,
    pairs,
    scored,
    series,
)
from startsimple.report.tuning import best_of, isolations, tables
from startsimple.report.waterfall import waterfall

_LOG_FROM_RATIO = 20.0
_GROUPS = {"incumbent": "s5", "winner": "s0"}
_TOLD = ("schedule", "optimizer", "round", "score", "diverged", "feasible")
_LOOKS = {"coarse": "open", "widened": "s4", "fine": "s0", "bayesian": "s2"}


def figures(rung: Rung) -> list[Figure]:
    """Draw every searched axis, best-of-k, and winner against incumbent."""
    facts = numbers(rung)
    trials: Sequence[Mapping[str, Any]] = facts.get("trials") or []
    drawn: list[Figure] = []
    if trials:
        axes = sorted({name for trial in trials for name in trial} - set(_TOLD))
        drawn += [_axis(name, [t for t in trials if name in t], facts) for name in axes]
        drawn += isolations(trials)
        if facts.get("best_of_k"):
            drawn.append(best_of(facts))
    if pairs(facts.get("validation")):
        drawn.append(_contest(facts))
    if pairs(facts.get("claimed")):
        drawn.append(waterfall("The claimed model's whole error", pairs(facts["claimed"])))
    runs = [one for one in series(rung) if _group(one)]
    if runs:
        drawn.append(_curves(runs))
    return [*drawn, *tables(facts)]


def _group(one: Mapping[str, Any]) -> str:
    """Return whether a series belongs to the winner or the incumbent, "" for a trial."""
    first = str(one["name"]).split()[0]
    return first if first in _GROUPS and scored(one, "val") else ""


def _curves(runs: Sequence[Mapping[str, Any]]) -> Figure:
    points = [point for one in runs for point in scored(one, "val")]
    chart = Chart(
        "Winner and incumbent during training",
        Scale(0, max(x for x, _ in points)),
        Scale.around([y for _, y in points]),
        "optimiser step",
        f"validation {named(runs[0], 'val')}",
    )
    for one in runs:
        chart.line(scored(one, "val"), _GROUPS[_group(one)], str(one["name"]))
    caption = "The runs of the contest, over the same seeds."
    return Figure(chart.svg(), caption, list(_GROUPS.items()))


def _axis(name: str, trials: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> Figure:
    places = [float(trial[name]) for trial in trials]
    log = min(places) > 0 and max(places) / min(places) > _LOG_FROM_RATIO
    scores = [float(trial["score"]) for trial in trials if not trial.get("diverged")]
    chart = Chart(
        f"Validation score by {name}",
        Scale.around(places, log=log),
        Scale.around(scores, margin=0.08),
        f"{name}{' (log scale)' if log else ''}",
        "validation score",
    )
    incumbent = number(pairs(facts.get("incumbent")).get(name))
    for trial in trials:
        told = ", ".join(f"{key} {value}" for key, value in trial.items() if key != "diverged")
        if trial.get("diverged"):
            chart.cross(float(trial[name]), chart.y.low, "bad", f"diverged: {told}")
        else:
            look = _LOOKS.get(_round(trial), "open")
            chart.dot(float(trial[name]), float(trial["score"]), look, told)
    best = max(trials, key=lambda trial: float(trial["score"]))
    chart.dot(float(best[name]), float(best["score"]), "ring", "best trial", 8)
    told = f" The default is {incumbent:g}." if incumbent is not None else ""
    caption = f"{len(trials)} trials; ring: the best one.{told}"
    rounds = {_round(trial) for trial in trials}
    legend = [(f"{name} round", look) for name, look in _LOOKS.items() if name in rounds]
    if len(scores) < len(trials):
        legend.append(("diverged", "bad"))
    return Figure(chart.svg(), caption, legend)


def _round(trial: Mapping[str, Any]) -> str:
    """Return a trial's round, without the number of a Bayesian batch."""
    return str(trial.get("round")).partition("-")[0]


def _contest(facts: Mapping[str, Any]) -> Figure:
    """Winner and incumbent, on validation over seeds and on the once-opened test split."""
    validation = pairs(facts["validation"])
    test = pairs(facts.get("test"))
    accuracy = pairs(test.get("accuracy"))
    columns = [
        (f"{who}, {split}", [float(v) for v in values[who]])
        for split, values in (("val", validation), ("test", accuracy))
        for who in ("incumbent", "winner")
        if who in values
    ]
    target = number(facts.get("target"))
    everything = [v for _, scores in columns for v in scores] + ([target] if target else [])
    chart = Chart(
        "Winner against incumbent over seeds",
        Scale(-0.5, len(columns) - 0.5),
        Scale.around(everything, margin=0.08),
        "",
        "score",
        {float(place): name for place, (name, _) in enumerate(columns)},
    )
    if target:
        chart.level(target, f"target {target:.3f}", "level good")
    for place, (name, scores) in enumerate(columns):
        look = "s0" if name.startswith("winner") else "s5"
        for seed, score in enumerate(scores):
            shift = (seed - (len(scores) - 1) / 2) * 0.1
            chart.dot(place + shift, score, look, f"{name}, seed {seed}: {score:.4f}")
        mean = fmean(scores)
        chart.line(
            [(place - 0.25, mean), (place + 0.25, mean)], f"{look} thick", f"mean {mean:.4f}"
        )
        chart.text(place, max(scores), f"{mean:.3f}", rise=9)
    return Figure(chart.svg(), _contest_caption(facts, test))


def _contest_caption(facts: Mapping[str, Any], test: Mapping[str, Any]) -> str:
    gain = pairs(facts.get("gain"))
    parts = ["One dot a seed."]
    if gain:
        low, high = float(gain["low"]), float(gain["high"])
        parts.append(f"Gain on validation {float(gain['value']):+.3f} [{low:+.3f}, {high:+.3f}];")
        parts.append(f"probability of being better {float(facts.get('better') or 0):.2f}.")
    if test:
        parts.append(f"Test (n = {test.get('n')}) opened {test.get('openings')} time for a claim.")
    return " ".join(parts)


SECTION = Section(
    "tune",
    "The gain of tuning is beyond retraining noise; the test split is opened once, for the claim.",
    "An optimum outside of the searched ranges, and interactions that so few trials cannot "
    "resolve, stay unseen.",
    figures,
)
