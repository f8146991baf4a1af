"""Try the fixes of the suspects that will be printed."""

from collections.abc import Sequence
from dataclasses import replace

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies import remedies_of
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, attempt, first_fixed
from startsimple.diagnosis.remedies.usual_settings import MENDS
from startsimple.program.clock import worked

SECONDS_PER_RUN = 6.0
# Why no copy can show whether the fix of a fault works.
OUT_OF_REACH = {
    "D05": "What the constant column lost is not in the data that arrive: the fix was not tried.",
    "D08": "Which row has which label cannot be told from what arrives: the fix was not tried.",
    "D18": "What was cut off is not in the data that arrive: the fix was not tried.",
}


def verified(case: Case, findings: Sequence[Finding], deadline: float) -> list[Finding]:
    """Apply the fix of each finding to copies, the first suspect's first.

    Args:
        case: The program under diagnosis.
        findings: The suspects, best first.
        deadline: When to stop, on the clock of work.

    Returns:
        The findings, with what their fixes did as evidence.
    """
    case.lab.deadline = deadline
    case.lab.seconds_per_run = max(case.lab.seconds_per_run, SECONDS_PER_RUN)
    tried = [(f, None) if worked() > deadline else _verified(case, f) for f in findings]
    return _together(case, tried)


def _together(case: Case, tried: list[tuple[Finding, Mend | None]]) -> list[Finding]:
    """Make the first two suspects' changes at once, where neither restores by itself."""
    findings = [finding for finding, _ in tried]
    pair = [(f, mend) for f, mend in tried[:2] if mend is not None and f.verified is False]
    if len(pair) < 2 or worked() > case.lab.deadline:
        return findings
    (_, one), (_, other) = pair
    both = one.beside(other) if one and other else None
    done = None if both is None else attempt(case, both)
    if done is None or not done.fixed:
        return findings
    mended = [replace(f, verified=True, evidence=[*f.evidence[:1], done.evidence]) for f, _ in pair]
    return [*mended, *findings[2:]]


def _verified(case: Case, finding: Finding) -> tuple[Finding, Mend | None]:
    """Try a finding's own remedy, then those of its fault, until one succeeds.

    Returns:
        The finding with what was seen, and the change that was made, where one was.
    """
    if finding.verified:
        return finding, None
    tried = list[Attempt]()
    for remedy in [_own, *remedies_of(finding.fault)]:
        if any(t.fixed for t in tried) or worked() > case.lab.deadline:
            break
        try:
            done = remedy(case, finding)
        except Exception as error:  # A fix that does not fit the program says nothing about it.
            case.notes.append(f"{finding.fault}: a fix could not be tried: {error}")
            continue
        tried += [done] if done is not None else []
    best = first_fixed(tried)
    if best is None:
        reason = OUT_OF_REACH.get(finding.fault)
        told = [*finding.evidence, *([reason] if reason else [])]
        return replace(finding, evidence=told), None
    outcome = best.fixed if best.fixed is not None else finding.verified
    # The fix goes second: only some of the evidence is shown.
    evidence = [*finding.evidence[:1], best.evidence, *finding.evidence[1:]]
    return replace(finding, evidence=evidence, verified=outcome), best.mend


def _own(case: Case, finding: Finding) -> Attempt | None:
    """Apply the setup that a detector or an intervention gave its finding."""
    if finding.remedy is None:
        return None
    what = MENDS[finding.fault].what if finding.fault in MENDS else "the fix"
    return attempt(case, Mend(what, (finding.remedy,), logical=finding.definite))
