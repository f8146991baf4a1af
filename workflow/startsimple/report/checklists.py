"""Two questionnaires of the field, filled in from the records as far as they can answer."""

from collections.abc import Mapping
from typing import Any

from startsimple.report.climb import Climb
from startsimple.report.html import Html, join, row, table, tag
from startsimple.report.section import pairs
from startsimple.report.values import show_seconds

Item = tuple[str, str, str]


def checklists(climb: Climb, newest: Mapping[str, dict[str, Any]]) -> Html:
    """Return NeurIPS's paper checklist, its experiment items, and the ML code completeness list.

    Args:
        climb: The run.
        newest: The newest record of each stage.
    """
    head = ("Item", "Answer", "From the records")
    paper = [row(*item) for item in _paper(climb, newest)]
    code = [row(*item) for item in _code(climb, newest)]
    return join(
        (
            tag("h3", "NeurIPS paper checklist, experiment items"),
            table(head, paper),
            tag("h3", "ML code completeness"),
            table(head, code),
        )
    )


def _paper(climb: Climb, newest: Mapping[str, dict[str, Any]]) -> list[Item]:
    last = list(newest.values())[-1] if newest else {}
    dataset = pairs(pairs(pairs(last.get("config")).get("resolved")).get("dataset"))
    committed = bool(pairs(pairs(last.get("code")).get("git")).get("commit"))
    host = pairs(last.get("host"))
    seconds = sum(float(pairs(r.get("time")).get("seconds") or 0) for r in newest.values())
    runs = sum(len(rung.attempts) for rung in climb.rungs)
    seeds = _seeds(climb)
    spread = f"{seeds} seeds; intervals and standard deviation in the verdicts' numbers"
    return [
        (
            "4 Result reproducibility",
            _yes(bool(newest)),
            "config, code closure, data hashes, seeds and numerics of every attempt; see Q14",
        ),
        (
            "5 Open access to data and code",
            "Yes" if committed else "Partly",
            f"commit in each record; data behind {dataset.get('pointer')}. Whether both are "
            "public is for the authors to say",
        ),
        (
            "6 Experimental setting",
            _yes(bool(newest)),
            "config.json: splits, hyper-parameters, optimiser; how they were chosen: tune",
        ),
        (
            "7 Statistical significance",
            _yes(seeds > 1),
            spread if seeds > 1 else "no stage over several seeds has judged",
        ),
        (
            "8 Compute resources",
            _yes(bool(host.get("cpu"))),
            f"{host.get('cpu')}, {host.get('cores')} cores; {show_seconds(seconds)} for the last "
            f"attempts, {runs} attempts in all, failed ones included",
        ),
        (
            "12 Licences of assets",
            _yes(bool(dataset.get("licence"))),
            f"{dataset.get('name')}: {dataset.get('licence')}",
        ),
    ]


def _code(climb: Climb, newest: Mapping[str, dict[str, Any]]) -> list[Item]:
    last = list(newest.values())[-1] if newest else {}
    locked = bool(pairs(last.get("env")).get("lock_sha256"))
    units = climb.root / "results" / climb.run / "units"
    weights = len(list(units.glob("*/tensors.safetensors")))
    judged = [rung.stage for rung in climb.judged]
    return [
        ("Dependencies", _yes(locked), "audit/requirements.lock, installed versions in records"),
        ("Training code", "Yes", "the same commit; every source file's SHA-256 in the records"),
        (
            "Evaluation code",
            _yes("benchmark" in judged),
            "stages benchmark, gap and tune; each opening of test is in the ledger",
        ),
        (
            "Pre-trained models",
            _yes(weights > 0),
            f"{weights} sets of final weights in units/, as safetensors",
        ),
        ("README with results and commands", "Yes", "this page, and README.md of the repository"),
    ]


def _seeds(climb: Climb) -> int:
    found = {rung.stage: rung.verdict.numbers for rung in climb.judged if rung.verdict}
    scores = pairs(found.get("benchmark")).get("scores")
    return len(scores) if isinstance(scores, list) else 0


def _yes(held: bool) -> str:
    return "Yes" if held else "No"
