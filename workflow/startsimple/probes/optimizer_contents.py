"""R-04: the optimisers hold each trainable parameter exactly once."""

from collections import Counter

from startsimple.program.subject import Subject
from startsimple.schema.verdict import Check, judge

ID, SOURCE = "R-04", "method R-04"


def probe(subject: Subject) -> Check:
    """Compare the model's trainable parameters with what the optimisers were given.

    Args:
        subject: The program; it is left as it was.

    Returns:
        R-04 with the number of parameters that are missing, held twice, or foreign to the
        model, as when the optimiser was built for a model that was replaced later.
    """
    fork = subject.fork()
    names = {id(p): name for name, p in fork.model.named_parameters()}
    wanted = {id(p) for p in fork.model.parameters() if p.requires_grad}
    held = Counter(
        id(parameter)
        for optimizer in fork.optimizers()
        for group in optimizer.param_groups
        for parameter in group["params"]
    )
    missing = sorted(names[key] for key in wanted - set(held))
    twice = sorted(names.get(key, "?") for key, count in held.items() if count > 1)
    foreign = len(set(held) - set(names))
    said: list[str] = []
    if missing:
        said.append(f"no optimiser holds {', '.join(missing)}")
    if twice:
        said.append(f"held more than once: {', '.join(twice)}")
    if foreign:
        said.append(f"{foreign} tensors in the optimiser are not the model's")
    return judge(
        ID,
        "the optimiser holds each trainable parameter once",
        len(missing) + len(twice) + foreign,
        "==",
        0,
        source=SOURCE,
        evidence="; ".join(said) or f"it holds all {len(wanted)} of them",
    )
