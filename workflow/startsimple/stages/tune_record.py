"""What a study leaves behind for its readers: figures, the record, every rule of the method."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from startsimple.schema.config import Config
from startsimple.schema.verdict import Check
from startsimple.stages import gap
from startsimple.stages.claim import TestScores
from startsimple.stages.tune_probe import Probe
from startsimple.stages.tune_rounds import Contest, right
from startsimple.training.declare import roles
from startsimple.training.importance import sensitivities
from startsimple.training.search import choices_of
from startsimple.training.statistics import best_of, best_of_quantile, expected_largest
from startsimple.training.study import Study, Trial
from startsimple.training.units import Result

# What is recorded or left out, where no check judges it.
_STATED = {
    "T-01": "recorded: the roles are declared in conf/search/",
    "T-02": "recorded: a range that holds for one optimiser bears its name",
    "T-03": "recorded: scrambled quasi-random rounds; Bayesian search only at the end",
    "T-04": "recorded: each range declares its scale",
    "T-07": "recorded: expected best of k, with its quartiles",
    "T-08": "recorded: a plot for every axis and an isolation plot for every choice",
    "T-13": "proposed in order where T-12 warns: `startsimple next` writes each as a round",
    "T-14": "not tuned: batch size decides speed, and changing it would mean tuning again",
    "T-15": "recorded: the best checkpoints are kept, the choice is made in retrospect",
    "T-17": "recorded: the Bayesian search comes last; validation is not folded into training",
    "T-18": "recorded: the study's record",
}


def numbers(
    config: Config,
    study: Study,
    best: Trial,
    contest: Contest,
    found: Probe | None,
    test: TestScores,
) -> dict[str, Any]:
    """Return the figures of the verdict.

    Args:
        config: The experiment.
        study: The search.
        best: The winner.
        contest: Winner against incumbent.
        found: What lies above the best learning rate.
        test: Scores of the one opening.
    """
    scores = [trial.score for trial in study.trials]
    counts = range(1, len(scores) + 1)
    choices = choices_of(config.search)
    return {
        "device": best.result.figures["device"] if best.result else "",
        "goal": config.search.goal,
        "roles": roles(config.search),
        "caveats": dict(config.search.fixed),
        "space": {name: vars(bounds) for name, bounds in study.space.items()},
        "widened": study.widened,
        "trials": [trial.plain() for trial in study.trials],
        "halving": halving(study),
        "best_of_k": [best_of(scores, k) for k in counts],
        "best_of_k_low": [best_of_quantile(scores, k, 0.25) for k in counts],
        "best_of_k_high": [best_of_quantile(scores, k, 0.75) for k in counts],
        "winner": best.point.plain(),
        "changes": best.point.changes(),
        "incumbent": {"lr": config.optimizer.lr, "schedule": config.schedule.name},
        "adopted": contest.gain.low > 0,
        "gain": asdict(contest.gain),
        "better": contest.better,
        "validation": {
            "winner": [float(row.mean()) for row in right(contest.winner)],
            "incumbent": [float(row.mean()) for row in right(contest.incumbent)],
        },
        "checkpoints": [in_retrospect(result) for _, result in contest.winner],
        "probe": found.plain() if found else None,
        "sensitivity": [
            row.plain() for row in sensitivities(study.space, choices, study.trials, config.seed)
        ],
        "test": test.plain(),
        "target": 1 - config.dataset.irreducible_error,
    }


def study_record(run: str, config: Config, study: Study) -> dict[str, Any]:
    """Return the study's line for a list of studies (T-18)."""
    best = study.ranked()[0]
    return {
        "name": run,
        "config": f"results/{run}/config.json",
        "notes": config.search.goal,
        "trials": len(study.trials) + len(study.rungs),
        "best": best.score,
        "where": best.point.plain(),
        "command": f"startsimple reproduce {run}",
    }


def method(checks: Sequence[Check]) -> list[dict[str, str]]:
    """Return every rule T-01 to T-18 with what became of it in this verdict."""
    judged = {check.id: str(check.status) for check in checks}
    rules = [f"T-{number:02d}" for number in range(1, 19)]
    return [
        {"id": rule, "became": f"judged: {judged[rule]}" if rule in judged else _STATED[rule]}
        for rule in rules
    ]


def in_retrospect(result: Result) -> dict[str, Any]:
    """Choose between the last state of a run and its best checkpoint, after the run (T-15).

    The best of several evaluations looks better than it is: it is chosen only if it beats the
    last state by more than choosing explains.

    Returns:
        Steps and scores of both, what choosing explains, and the step that is chosen.
    """
    last_step = result.figures["evaluated"][-1]
    answers = result.tensors[f"correct.{gap.VAL}"].double().numpy()
    last = 0.0 if result.figures["diverged"] else float(answers.mean())
    kept = result.figures.get("kept") or [{"step": last_step, "score": last}]
    evaluations = len(result.figures["evaluated"])
    noise = float(np.std(answers) / np.sqrt(len(answers))) * expected_largest(evaluations)
    best = kept[0]
    return {
        "last": {"step": last_step, "score": last},
        "best": best,
        "explained": round(noise, 6),
        "kept": len(kept),
        "chosen": best["step"] if best["score"] - last > noise else last_step,
    }


def halving(study: Study) -> dict[str, Any] | None:
    """Return how far the short rungs agreed with the full budget, None without halving."""
    if not study.rungs:
        return None
    from scipy import stats

    full = {str(t.point.plain()): t.score for t in study.trials if t.round == "coarse"}
    pairs = [
        (rung.score, full[str(rung.point.plain())])
        for rung in study.rungs
        if str(rung.point.plain()) in full
    ]
    # Scores that are all equal have no order to agree on.
    ordered = len(pairs) > 2 and all(len(set(column)) > 1 for column in zip(*pairs, strict=True))
    ranked: Any = stats.spearmanr(pairs) if ordered else None
    return {
        "rungs": len(study.rungs),
        "steps": study.rungs[0].steps,
        "promoted": len(full),
        "agreement": float(ranked.statistic) if ordered else None,
        "bias": "short runs favour what learns fast: high rates, and schedules that do not decay",
    }
