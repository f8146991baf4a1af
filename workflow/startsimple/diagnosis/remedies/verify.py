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
    return [finding if worked() > deadline else _verified(case, finding) for finding in findings]


def _verified(case: Case, finding: Finding) -> Finding:
    """Try a finding's own remedy, then those of its fault, until one succeeds."""
    if finding.verified:
        return finding
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
        return replace(finding, evidence=[*finding.evidence, *([reason] if reason else [])])
    outcome = best.fixed if best.fixed is not None else finding.verified
    # The fix goes second: only some of the evidence is shown.
    evidence = [*finding.evidence[:1], best.evidence, *finding.evidence[1:]]
    return replace(finding, evidence=evidence, verified=outcome)


def _own(case: Case, finding: Finding) -> Attempt | None:
    """Apply the setup that a detector or an intervention gave its finding."""
    if finding.remedy is None:
        return None
    what = MENDS[finding.fault].what if finding.fault in MENDS else "the fix"
    return attempt(case, Mend(what, (finding.remedy,), logical=finding.definite))
