"""Fixes of axes and colours in images that arrive in the wrong order."""

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, Remedy, attempt, revalidated
from startsimple.program.subject import Batch


def pixels_in_order(case: Case, finding: Finding) -> Attempt | None:
    """D16: undo a reshape that stood for a permute, in training and in validation."""
    program = case.program
    x = program.inputs_of(case.lab.train[0])
    if x.ndim != 4 or finding.where != "transform" or not 2 <= x.shape[1] <= 4:
        return None

    def undone(batch: Batch) -> Batch:
        images = program.inputs_of(batch)
        count, height, width = images.shape[1:]
        images = images.reshape(len(images), height, width, count).permute(0, 3, 1, 2)
        return program.with_inputs(batch, images.contiguous())

    train, held = ([undone(b) for b in part] for part in (case.lab.train, case.lab.held))
    what = "the reshape undone and the axes permuted"
    return attempt(case, Mend(what, train=train, held=held, logical=True))


def colours_in_order(case: Case, finding: Finding) -> Attempt | None:
    """D16: reverse the channels of the validation images; the trained model stays as it is."""
    if finding.where != "validation transform" or case.trained is None or not case.lab.held:
        return None
    program = case.program
    held = [program.with_inputs(b, program.inputs_of(b).flip(1)) for b in case.lab.held]
    return revalidated(
        case, Mend("the validation images' channels reversed", held=held, afresh=True)
    )


REMEDIES: dict[str, list[Remedy]] = {"D16": [pixels_in_order, colours_in_order]}
