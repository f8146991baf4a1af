"""Stage 7: tune, believe the gain only beyond retraining noise, open test once (section 12)."""

from collections.abc import Sequence
from typing import Any

from startsimple.data.pointer import folder_of
from startsimple.data.prepared import load_prepared
from startsimple.schema.canonical import write_json
from startsimple.schema.config import Config
from startsimple.schema.verdict import Verdict
from startsimple.stages import gap
from startsimple.stages.bench import require, run_all, series_file
from startsimple.stages.claim import TestScores, open_test_once
from startsimple.stages.gap_round import judge_steadiness
from startsimple.stages.stage import Inputs, conclude
from startsimple.stages.suspects import accused_by
from startsimple.stages.tune_checks import judge_tuning, next_step, remedy
from startsimple.stages.tune_probe import probe
from startsimple.stages.tune_record import method, numbers, study_record
from startsimple.stages.tune_rounds import Contest, Rounds, RunUnits
from startsimple.training.declare import validate
from startsimple.training.error_sets import ErrorSet
from startsimple.training.study import Study
from startsimple.training.units import Result, Unit


def run(config: Config, inputs: Inputs) -> Verdict:
    """Search coarse to fine, confirm over seeds, and claim a number on test.

    Args:
        config: Sections of the program and search, with stage.tune.
        inputs: Where the stage stands.

    Returns:
        The verdict over T-05 to T-16, E-13 and E-14, and I-01 for a round against instability.

    Raises:
        UserError: If the search space or a budget is wrong.
    """

    def side_by_side(_: str, units: Sequence[Unit]) -> list[Result]:
        return run_all(units, rounds.bench, inputs)

    rounds = prepare(config, inputs, side_by_side)
    study = rounds.search()
    best = rounds.final(study)
    contest = rounds.contest(best.point)
    found = probe(rounds, best.point)
    adopted = contest.gain.low > 0
    pairs = {"winner": contest.winner, "incumbent": contest.incumbent}
    test = open_test_once(config, rounds.bench, pairs, inputs)
    _write_curves(study, contest, inputs)
    claimed = claimed_gaps(config, study, contest, test, adopted)
    checks = judge_tuning(config, study, contest, found, test, claimed)
    stability = next(check for check in checks if check.id == "T-12")
    promised, outcome = judge_steadiness(config, inputs, stability)
    figures = numbers(config, study, best, contest, found, test)
    record: dict[str, Any] = {"claimed": claimed, "method": method(checks)}
    record |= {"round": outcome} if outcome else {}
    record["study"] = study_record(inputs.run, config, study)
    return conclude(
        inputs,
        config.stage.tune,
        [*checks, *promised],
        deciding="T-16",
        on_pass=next_step(inputs, best.point, contest, adopted),
        on_fail=remedy(checks),
        suspects=accused_by(checks, {"T-06": ("O01", 0.6)}),
        numbers={**figures, **record},
    )


def prepare(config: Config, inputs: Inputs, run_units: RunUnits) -> Rounds:
    """Return the rounds of an experiment, refusing what cannot be run.

    Args:
        config: Sections of the program and search.
        inputs: Where the stage stands.
        run_units: Runs the units of a round.

    Raises:
        UserError: If the search space or a budget is wrong.
    """
    require("training.evaluations", config.training.evaluations, 1)
    validate(config.search)
    prepared = load_prepared(folder_of(config.dataset, inputs.root), inputs.artefact)
    return Rounds(config, gap.make_bench(prepared, config), inputs, run_units)


def claimed_gaps(
    config: Config, study: Study, contest: Contest, test: TestScores, adopted: bool
) -> dict[str, Any]:
    """Take the claimed model's whole error apart, now that test has been opened (E-13, E-14).

    Returns:
        The decomposition with what choosing among the trials explains; nothing if the claimed
        runs diverged or test stayed closed.
    """
    name, pairs = ("winner", contest.winner) if adopted else ("incumbent", contest.incumbent)
    results = [result for _, result in pairs]
    if not test.accuracy or any(result.figures["diverged"] for result in results):
        return {}
    watched = [key.split(".")[1] for key in results[0].tensors if key.startswith("correct.")]
    errors = {key: gap.errors_of(results, key) for key in watched}
    opened = ErrorSet.of(test.errors[name])
    # The incumbent was chosen over the winner of as many trials.
    parts = gap.take_apart(
        config.dataset,
        errors,
        config.stage.tune.confidence,
        test=opened,
        selections=len(study.trials),
    )
    return {
        "model": name,
        "irreducible": config.dataset.irreducible_error,
        "confidence": config.stage.tune.confidence,
        "largest": parts.largest().name,
        **gap.gap_numbers(parts),
    }


def _write_curves(study: Study, contest: Contest, inputs: Inputs) -> None:
    told = [
        (trial.unit, trial.result, trial.point.plain())
        for trial in study.trials
        if trial.unit and trial.result
    ] + [
        (unit, result, {"seed": unit.recipe["seed"]})
        for unit, result in contest.winner + contest.incumbent
    ]
    units, results, params = zip(*told, strict=True)
    write_json(inputs.folder / "curves.json", series_file(units, results, params))
