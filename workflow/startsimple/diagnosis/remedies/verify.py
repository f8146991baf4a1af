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
    if finding.remedy is not None:
        what = MENDS[finding.fault].what if finding.fault in MENDS else "the fix"
        tried.append(attempt(case, Mend(what, (finding.remedy,), logical=finding.definite)))
    for remedy in remedies_of(finding.fault):
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
        return finding
    outcome = best.fixed if best.fixed is not None else finding.verified
    # The fix goes second: only some of the evidence is shown.
    evidence = [*finding.evidence[:1], best.evidence, *finding.evidence[1:]]
    return replace(finding, evidence=evidence, verified=outcome)
