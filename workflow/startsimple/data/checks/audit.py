"""The leakage audit: every known type of leakage is measured or declared."""

from collections.abc import Sequence

from startsimple.schema.datasets import LeakageConfig
from startsimple.schema.verdict import Check, Status, judge

# The eight types of leakage (Kapoor and Narayanan, 2023): the checks that answer each, and the
# declaration that does where no check can.
AUDIT: dict[str, tuple[str, Sequence[str], str]] = {
    "L1.1": ("a test split exists", ("D-04",), ""),
    "L1.2": ("preprocessing sees training examples only", ("D-10",), ""),
    "L1.3": ("features were selected on training examples only", (), "feature_selection"),
    "L1.4": ("no example is in two splits", ("D-05",), ""),
    "L2": ("no feature stands for the label", ("D-13", "D-14"), ""),
    "L3.1": ("nothing is learnt from after what is tested on", (), "time"),
    "L3.2": ("splits are independent", ("D-11",), "independence"),
    "L3.3": ("the test split has the distribution of interest", ("D-16", "D-17"), ""),
}


def audit(checks: Sequence[Check], declared: LeakageConfig, *, timed: bool) -> dict[str, str]:
    """Answer the eight questions of the leakage audit (D-12).

    Args:
        checks: What was measured.
        declared: Answers to what cannot be measured.
        timed: True if the examples carry times, so that D-11 answers L3.1.

    Returns:
        By item, "leaks", "clean", "declared: ...", or "unanswered", with the checks behind it.
    """
    answers: dict[str, str] = {}
    for item, (question, measured, declaration) in AUDIT.items():
        ids = ("D-11",) if item == "L3.1" and timed else measured
        found = [check for check in checks if check.id in ids]
        said = getattr(declared, declaration) if declaration else None
        if any(check.status.blocks for check in found):
            answer = "leaks"
        elif said:
            answer = f"declared: {said}"
        elif declaration and not (item == "L3.1" and timed):
            answer = "unanswered"
        else:
            answer = "clean"
        by = f" ({', '.join(ids)})" if ids else ""
        answers[f"{item} {question}"] = f"{answer}{by}"
    return answers


def check_audit(answers: dict[str, str]) -> Check:
    """D-12: each of the eight types of leakage is measured or declared, and none is found.

    Args:
        answers: Made by `audit`.
    """
    leaking = [item.split()[0] for item, answer in answers.items() if answer.startswith("leaks")]
    open_ = [item.split()[0] for item, answer in answers.items() if answer.startswith("unans")]
    told = [f"{', '.join(leaking)} leak" if leaking else "No item leaks"]
    if open_:
        told.append(
            f"{', '.join(open_)} cannot be measured and are not declared: say in dataset.leakage "
            "what is known of them"
        )
    return judge(
        "D-12",
        "leakage audit",
        len(leaking) + len(open_),
        "==",
        0,
        source="method D-12: Kapoor and Narayanan, 2023",
        evidence=f"{len(answers)} items: {'; '.join(told)}.",
        otherwise=Status.FAIL if leaking else Status.WARN,
    )
