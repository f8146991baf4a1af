"""Looks at whether rows that nobody has seen can be predicted at all, by any model."""

from collections.abc import Iterator

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detector import Detector
from startsimple.diagnosis.detectors.holdouts import Z
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.quick import structure, within_skill
from startsimple.diagnosis.references import best_reference
from startsimple.diagnosis.relations import rows_belong_together

# Below this skill no model is of use to anybody. Values of real tables are often explained by no
# more than a third, as are sets of labels; fitted on the visible programs.
LOW = 0.25
LOW_OF_CLASSES = 0.4
# The visible programs with labels of other rows have 2 or more, or unrelated columns.
STRUCTURED = 2.0


def ceiling(case: Case) -> Iterator[Finding]:
    """D08, D10: no model of any kind predicts unseen rows much better than a constant."""
    outcome, train = case.outcome, case.train_table
    if outcome is None or train is None or case.program.task.kind == "other":
        return
    if not outcome.scored:
        return
    low = LOW_OF_CLASSES if case.program.task.kind in ("classification", "binary") else LOW
    if max(outcome.ceiling, case.observed.score) > low or rows_belong_together(case):
        return
    val = case.val_table
    if val is not None and within_skill(val, case.program.task) > low:
        return  # Where validation rows teach, it is the training rows that do not.
    found = best_reference(case)
    if found is None:
        return
    name, best = found
    skill, error = best.errors.skill
    if skill + 2 * error > low:
        return
    note = f"The best of several other models, {name}, has a skill of {skill:.2f} +- {error:.2f}."
    memory = f"The program reaches {outcome.ceiling:.2f} at best on rows that it has not seen."
    if skill - Z * error > 0:
        yield Finding("D10", 0.92, [note, memory], "inputs")
        return
    # Nothing at all is predicted. Noise hides what inputs have in common, too; labels of other
    # rows leave it, but leave no trace of what is to be predicted.
    related = structure(train.x)
    shape = (
        f"The inputs vary {related:.1f} times as much in one direction as unrelated columns would."
    )
    other, noise = (0.75, 0.6) if related > STRUCTURED else (0.65, 0.6)
    if related <= STRUCTURED and skill > error / 2:
        other, noise = 0.5, 0.65
    yield Finding("D08", other, [note, shape], "labels")
    yield Finding("D10", noise, [note, memory, shape], "inputs")


DETECTORS = [Detector("ceiling", "some model predicts unseen rows", ceiling)]
