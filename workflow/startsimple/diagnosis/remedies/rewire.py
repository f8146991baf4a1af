"""Fix of results that are thrown away: pass them on in place of what they were made from."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.detectors import dependence, graph
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.mending import Mending, Mode
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, Remedy, attempt, first_of
from startsimple.diagnosis.remedies.structure import silent
from startsimple.diagnosis.setup import SEED
from startsimple.program.joined import JOINS
from startsimple.program.seeded import seeded
from startsimple.program.spy import map_tensors, tensors_in

MOST = 3

# The nth call of a function by its name, as (name, n): modes change how many others there are.
Place = tuple[str, int]


@dataclass
class Called:
    """One call in a step: where it stands, and the tensors that went in and came out."""

    place: Place
    given: list[Tensor]
    made: list[Tensor]


@dataclass(frozen=True)
class Wire:
    """A result that nobody uses, and the tensor that is used in its stead.

    Attributes:
        taker: The call that takes the tensor, and which of its tensors that is.
        maker: The call that makes the unused result, and which of its results it is.
    """

    taker: tuple[Place, int]
    maker: tuple[Place, int]


@dataclass
class _Record:
    calls: list[Called] = field(default_factory=list[Called])
    counts: Counter[str] = field(default_factory=Counter[str])

    def change(self, func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        out = func(*args, **named)
        place = (name, self.counts[name])
        self.counts[name] += 1
        if tensors_in(out):
            self.calls.append(Called(place, tensors_in((args, named)), tensors_in(out)))
        return out


def calls_of(case: Case) -> list[Called]:
    """Return the calls of the first training step, in order."""
    twin, record = case.program.fork(), _Record()
    twin.model.train()
    with seeded(SEED), torch.enable_grad(), Mending(record.change):
        twin.step(case.lab.train[0])
    return record.calls


def unused(calls: list[Called]) -> list[Wire]:
    """Return the learnt results that no later call takes, where their source is taken again."""
    wires = list[Wire]()
    for position, call in enumerate(calls[:-1]):
        later = calls[position + 1 :]
        taken = {id(t) for other in later for t in other.given}
        learnt = any(t.requires_grad for t in call.made)
        if not learnt or any(id(t) in taken for t in call.made):
            continue
        wires += _wires(calls[: position + 1], taken)
    return wires


def _wires(chain: list[Called], taken: set[int]) -> list[Wire]:
    """Go back from an unused result to a tensor of its shape that later calls take."""
    last, wanted = chain[-1], set[int]()
    for call in reversed(chain):
        if call is not last and not any(id(t) in wanted for t in call.made):
            continue
        for place, source in enumerate(call.given):
            if isinstance(source, nn.Parameter):
                continue
            wanted.add(id(source))
            for which, result in enumerate(last.made):
                if id(source) in taken and source.shape == result.shape:
                    return [Wire((call.place, place), (last.place, which))]
    return []


def connected(*wires: Wire) -> Mode:
    """Return a context in which later calls get unused results instead of their sources.

    Of several results made from one source, as by the blocks of a loop that all take its first
    input, each call gets the latest.
    """

    def mode() -> Mending:
        counts, sources = Counter[str](), dict[Wire, Tensor]()
        made = dict[int, Tensor]()

        def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
            place = (name, counts[name])
            counts[name] += 1
            given = tensors_in((args, named))
            sources.update({w: given[w.taker[1]] for w in wires if place == w.taker[0]})
            args, named = map_tensors((args, named), latest)
            out = func(*args, **named)
            for wire in wires:
                if place == wire.maker[0] and wire in sources:
                    made[id(sources[wire])] = tensors_in(out)[wire.maker[1]]
            return out

        def latest(tensor: Tensor) -> Tensor:
            return made.get(id(tensor), tensor)

        return Mending(change)

    return mode


def passed_on(case: Case, finding: Finding) -> Attempt | None:
    """M12, M16, M18: let later calls take the result that was thrown away."""
    gone = silent(dependence.ignores_input, graph.unreached)
    wires = unused(calls_of(case))
    mends = [
        Mend(
            f"the unused result of {wire.maker[0][0]} passed on",
            modes=(connected(wire),),
            gone=gone,
        )
        for wire in wires[:MOST]
    ]
    if len(wires) > 1:
        what = f"each of {len(wires)} unused results passed on"
        mends.insert(0, Mend(what, modes=(connected(*wires),), gone=gone))
    return first_of(case, mends)


def branches(calls: list[Called]) -> list[Wire]:
    """Return what could be joined where something is joined with itself, the latest first."""
    wires = list[Wire]()
    for position, call in enumerate(calls):
        if call.place[0] not in JOINS or len(call.given) != 2 or call.given[0] is not call.given[1]:
            continue
        one = call.given[0]
        start = next(i for i, c in enumerate(calls) if any(t is one for t in c.made))
        fitting = [
            Wire((call.place, 1), (other.place, which))
            for other in reversed([*calls[:start], *calls[start + 1 : position]])
            for which, made in enumerate(other.made)
            if made.shape == one.shape and made.requires_grad
        ]
        wires += fitting[:1]
    return wires


def joined(wires: list[Wire]) -> Mode:
    """Return a context in which joins get another branch for the second of two equal parts."""

    def mode() -> Mending:
        counts, made = Counter[str](), dict[tuple[Place, int], Tensor]()
        wanted = {wire.taker[0]: wire.maker for wire in wires}
        makers = {wire.maker[0] for wire in wires}

        def change(func: Any, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
            place = (name, counts[name])
            counts[name] += 1
            other = made.get(wanted[place]) if place in wanted else None
            if other is not None:
                args = ((args[0][0], other), *args[1:])
            out = func(*args, **named)
            if place in makers:
                made.update(((place, i), tensor) for i, tensor in enumerate(tensors_in(out)))
            return out

        return Mending(change)

    return mode


def other_branch(case: Case, finding: Finding) -> Attempt | None:
    """M18: where features are joined with themselves, join the latest others of their shape."""
    calls = calls_of(case)
    wires = branches(calls)
    if not wires:
        return None
    return attempt(case, Mend("the other branch joined", modes=(joined(wires),), logical=True))


REMEDIES: dict[str, list[Remedy]] = {
    "M12": [passed_on],
    "M16": [passed_on],
    "M18": [other_branch, passed_on],
}
