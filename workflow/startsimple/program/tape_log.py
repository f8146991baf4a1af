"""The tapes of a program's training steps, as long as memory allows."""

from startsimple.program.spy import bytes_of
from startsimple.program.tape import Call, Tape

KEPT_BYTES = 256 * 2**20
RECORDED_STEPS = 4000


class TapeLog:
    """Keeps one whole tape of each kind of step, and of all others of its kind the leaves.

    Attributes:
        tapes: One per training step, in order.
    """

    def __init__(self) -> None:
        self.tapes: list[Tape] = []
        self._whole: dict[tuple[str, ...], Tape] = {}
        self._last: Tape | None = None
        self._kept = 0

    def add(self, tape: Tape) -> None:
        """Keep a step's tape, unless there are too many or they hold too much."""
        size = sum(bytes_of(t) for t in [*tape.inputs, *tape.targets])
        if len(self.tapes) >= RECORDED_STEPS or self._kept + size >= KEPT_BYTES:
            return
        self._kept += size
        kind = tape.signature
        known = kind in self._whole
        kept = tape.leaves() if known else tape.detached()
        self._last = self._whole.setdefault(kind, kept)
        self.tapes.append(kept)

    def last_called(self) -> list[int]:
        """Return the places of the modules that the last step kept here called."""
        entries = self._last.entries if self._last is not None else ()
        return [entry.module for entry in entries if isinstance(entry, Call)]
