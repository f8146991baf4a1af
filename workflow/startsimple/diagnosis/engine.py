"""The diagnosis: detectors and the experiment on one program, combined into a ranked answer."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.case import Case
from startsimple.diagnosis.crash import explain_crash
from startsimple.diagnosis.detectors import Detector, all_detectors
from startsimple.diagnosis.experiment import Experiment, Outcome
from startsimple.diagnosis.faults import FAULTS
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.meaning import distrust
from startsimple.diagnosis.remedies.verify import verified
from startsimple.diagnosis.result import Diagnosis, RankedSuspect
from startsimple.program.clock import worked
from startsimple.program.program import Program
from startsimple.program.trace import Trace
from startsimple.schema.verdict import Check, Status

BUDGET = 75.0
# What trying the fixes of the printed suspects may take on top.
VERIFYING = 30.0
SUSPECTS = 3
# Weaker suspects are shown, but nobody is accused.
ACCUSED = 0.4
RUN_SHARE = 0.05
# A defect that was seen is the better explanation than a general remedy that helps as well.
PROVEN = 0.85
GENERAL = frozenset(["O01", "O02", "O03", "O14", "M17", "D07", "D08", "D12"])
GENERAL_MOST = 0.8
RATES, STRONG = frozenset(["O01", "O02", "O03"]), frozenset(["M21", "O11"])
AS_GOOD = 0.9
STOPPED = "the experiment stopped"


def diagnose(program: Program | None, trace: Trace, budget: float = BUDGET) -> Diagnosis:
    """Find the fault of a training program by experiment.

    Args:
        program: The program at its first weights; None if nothing could be captured.
        trace: What was seen while it trained.
        budget: Seconds to spend here.

    Returns:
        The diagnosis; its suspects are empty for a correct program.
    """
    start = worked()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _diagnose(program, trace, start, budget)
    finally:
        torch.set_num_threads(threads)


def _diagnose(program: Program | None, trace: Trace, start: float, budget: float) -> Diagnosis:
    findings = explain_crash(trace, program)
    if program is None or not list(program.batches("train", 1)):
        verdict = "faulty" if findings else "inconclusive"
        notes = list(trace.notes)
        if trace.error:
            notes.append(f"the program ended with {trace.error}")
        return Diagnosis(verdict, _ranked(findings), (), (), notes, {}, worked() - start)
    try:
        case = build_case(program, trace)
    except Exception as error:
        return _unfit(trace, error, worked() - start)
    case.lab.deadline = start + budget
    case.lab.seconds_per_run = max(1.0, RUN_SHARE * budget)
    distrust(case)
    checks = list[Check]()
    outcome = Outcome(0.0, 0.0, 0.0, harmed=False)
    try:
        outcome = Experiment(case, start + 0.75 * budget).run()
    except Exception as error:
        case.notes.append(f"{STOPPED}: {type(error).__name__}: {error}")
    case.outcome = outcome
    for detector in all_detectors():
        check, found = _detect(detector, case)
        checks.append(check)
        findings += found
    combined = verified(case, combine(findings, outcome), start + budget + VERIFYING)
    accused = any(finding.score >= ACCUSED for finding in combined)
    verdict = "faulty" if accused else "healthy"
    stopped = any(note.startswith(STOPPED) for note in case.notes)
    if not accused and (combined or outcome.harmed or trace.error or stopped):
        verdict = "inconclusive"
    if trace.error and not combined:
        case.notes.append(f"the program ended with {trace.error}")
    scores = {"observed": outcome.observed, "replayed": outcome.replayed, "best": outcome.ceiling}
    return Diagnosis(
        verdict,
        _ranked(combined),
        checks,
        outcome.trials,
        [*trace.notes, *case.notes],
        scores,
        worked() - start,
    )


def _unfit(trace: Trace, error: Exception, seconds: float) -> Diagnosis:
    """Diagnose a program whose own step fails: all there is to read is the exception.

    A program that ran to its end and fails here alone is one that could not be copied.
    """
    findings = explain_crash(trace, None) if trace.error else []
    verdict = "faulty" if findings else "inconclusive"
    said = trace.error or f"{type(error).__name__}: {error}"
    where = "the program's own step fails" if trace.error else "a copy of its step fails"
    notes = [*trace.notes, f"{where} with {said}"]
    return Diagnosis(verdict, _ranked(findings), (), (), notes, {}, seconds)


def _detect(detector: Detector, case: Case) -> tuple[Check, list[Finding]]:
    title = detector.title
    try:
        found = list(detector.run(case))
    except Exception as error:
        note = f"{type(error).__name__}: {error}"
        return Check(detector.name, title, Status.SKIP, evidence=note), []
    worst = max(found, key=lambda f: f.score, default=None)
    if worst is None:
        return Check(detector.name, title, Status.PASS), []
    status = Status.FAIL if worst.definite else Status.WARN
    return Check(
        detector.name, title, status, worst.fault, evidence=" ".join(worst.evidence)
    ), found


def combine(findings: Sequence[Finding], outcome: Outcome) -> list[Finding]:
    """Join what detectors saw with what the experiment showed.

    Args:
        findings: Findings of detectors.
        outcome: The experiment's outcome.

    Returns:
        At most three findings, best first. Traits count only where harm was shown; a part that
        both a detector and the experiment point at gains belief.
    """
    best: dict[str, Finding] = {}
    kept = [f for f in findings if f.definite or outcome.harmed]
    for finding in [*kept, *outcome.findings]:
        known = best.get(finding.fault)
        if known is None:
            best[finding.fault] = finding
            continue
        high, low = sorted((known, finding), key=lambda f: f.score, reverse=True)
        joined = 1 - (1 - high.score) * (1 - 0.5 * low.score)
        verified = next((f.verified for f in (high, low) if f.verified is not None), None)
        evidence = [*high.evidence, *low.evidence]
        best[finding.fault] = replace(
            high, score=joined, evidence=evidence, verified=verified, where=high.where or low.where
        )
    proven = {f.fault for f in kept if f.definite and f.score >= PROVEN}
    for fault in GENERAL & set(best):
        if proven - {fault} and fault not in proven and best[fault].score > GENERAL_MOST:
            best[fault] = best[fault].scored(GENERAL_MOST)
    special = max((best[f].score for f in STRONG & set(best)), default=0.0)
    for fault in RATES & set(best):
        if special > AS_GOOD * best[fault].score:  # What is too strong also asks for other rates.
            best[fault] = best[fault].scored(min(best[fault].score, 0.99 * special))
    ranked = sorted(best.values(), key=lambda f: (-f.score, f.fault))
    if not any(f.definite for f in ranked) and not outcome.harmed:
        return []
    return ranked[:SUSPECTS]


def _ranked(findings: Sequence[Finding]) -> list[RankedSuspect]:
    ordered = sorted(findings, key=lambda f: (-f.score, f.fault))[:SUSPECTS]
    return [
        RankedSuspect(
            f.fault,
            round(min(f.score, 0.99), 3),
            list(f.evidence)[:4],
            f.where,
            FAULTS[f.fault].fix,
            FAULTS[f.fault].stage,
            "not tried" if f.verified is None else f.verified,
        )
        for f in ordered
    ]
