"""Try the fixes of the suspects that will be printed."""

from collections.abc import Sequence
from dataclasses import replace

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies import remedies_of
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, attempt, first_fixed
from startsimple.diagnosis.remedies.usual_settings import MENDS
from startsimple.diagnosis.setup import Setup
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
    tried = [f if worked() > deadline else _verified(case, f) for f in findings]
    return _together(case, tried)


def _together(case: Case, findings: list[Finding]) -> list[Finding]:
    """Try the fixes of the first two suspects at once, where neither restores by itself."""
    pair = findings[:2]
    if len(pair) < 2 or any(f.verified is not False for f in pair):
        return findings
    if worked() > case.lab.deadline or not all(f.fault in MENDS for f in pair):
        return findings
    one, other = (MENDS[f.fault] for f in pair)
    setup = _joined(*(_setup(f) for f in pair))
    modes = (*one.modes, *other.modes)
    done = attempt(case, Mend(f"{one.what} and {other.what}", (setup,), modes=modes))
    if not done.fixed:
        return findings
    both = [replace(f, verified=True, evidence=[*f.evidence[:1], done.evidence]) for f in pair]
    return [*both, *findings[2:]]


def _setup(finding: Finding) -> Setup:
    return finding.remedy or MENDS[finding.fault].setups[0]


def _joined(one: Setup, other: Setup) -> Setup:
    """Return the setup that changes what either changes."""
    return replace(one, **{name: getattr(other, name) for name in other.changed()})


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
