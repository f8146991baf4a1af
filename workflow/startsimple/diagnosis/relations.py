"""What the rows of a program are to each other: examples, parts of one thing, or always new."""

from collections.abc import Iterator

from torch import Tensor

from startsimple.diagnosis.case import Case
from startsimple.program.rows import hash_row
from startsimple.program.spy import tensors_in

SAME = 0.95
BATCHES, MANY = 1000, 2000
NEW = 0.8


def rows_belong_together(case: Case) -> bool:
    """Say whether rows may depend on each other by design.

    Args:
        case: The program under diagnosis.

    Returns:
        True if a relation between rows enters the model, such as the edges of a graph; if training
        and validation look at the same rows; or if another axis is the one that batches differ in.
    """
    return related(case) or _same_rows(case) or _other_axis(case)


def related(case: Case) -> bool:
    """Say whether edges or a matrix over pairs of rows enter the model beside the rows."""
    rows = len(case.program.inputs_of(case.lab.train[0]))
    return any(_relates(tensor, rows) for tensor in _companions(case))


def _companions(case: Case) -> Iterator[Tensor]:
    """Yield what enters the model beside inputs and targets."""
    batch = case.lab.train[0]
    own = {id(case.program.inputs_of(batch)), id(case.program.targets_of(batch))}
    forward = case.trace.forward
    entering = forward.inputs if forward is not None else []
    for tensor in [*tensors_in(vars(batch) if hasattr(batch, "inputs") else batch), *entering]:
        if id(tensor) not in own:
            yield tensor
    yield from case.program.model.buffers()


def _relates(tensor: Tensor, rows: int) -> bool:
    """Whether a tensor is a matrix over pairs of rows, or a list of pairs of their numbers."""
    if tensor.ndim != 2 or rows < 3:
        return False
    if tuple(tensor.shape) == (rows, rows):
        return True
    pairs = 2 in tensor.shape and not tensor.is_floating_point() and tensor.numel() > 0
    return pairs and tensor.shape[0] != rows and 0 <= int(tensor.min()) <= int(tensor.max()) < rows


def _same_rows(case: Case) -> bool:
    """Whether every training step and the validation look at one set of rows."""
    inputs = case.program.inputs_of
    sets = [{hash_row(row) for row in inputs(batch)} for batch in case.lab.train[:5]]
    val = {hash_row(row) for batch in case.program.batches("val") for row in inputs(batch)}
    once = all(rows == sets[0] for rows in sets)
    return once and bool(val) and len(val & sets[0]) > SAME * len(val)


def _other_axis(case: Case) -> bool:
    """Whether the first axis always has one length while the second has several."""
    batches = [*case.lab.train, *case.program.batches("val")]
    shapes = [tuple(case.program.inputs_of(batch).shape) for batch in batches]
    if any(len(shape) < 2 for shape in shapes):
        return False
    return len({shape[0] for shape in shapes}) == 1 and len({shape[1] for shape in shapes}) > 1


def always_new(case: Case) -> bool:
    """Whether a script hardly ever shows a training row twice, as if each were made anew.

    That is what mixing and augmenting do; loaders can be asked for one example several times.
    """
    if case.trace.facts.get("loaders") is not None:
        return False
    inputs = case.program.inputs_of
    rows = [hash_row(row) for batch in case.lab.train[:BATCHES] for row in inputs(batch)]
    return len(rows) > MANY and len(set(rows)) > NEW * len(rows)
