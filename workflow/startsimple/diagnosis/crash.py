"""What an exception that ended a program says about its fault."""

import re

from startsimple.diagnosis.finding import Finding
from startsimple.program.program import Program
from startsimple.program.trace import Trace

# Messages of torch, and the fault that each is the usual face of.
_PATTERNS: tuple[tuple[str, str, float], ...] = (
    (r"Expected more than 1 value per channel", "D19", 0.95),
    (r"does not require grad and does not have a grad_fn", "O07", 0.9),
    (r"all elements of (input|target) should be between 0 and 1", "M05", 0.9),
    (
        r"must have the same dtype|expected scalar type|expected m1 and m2 to have the same dtype",
        "D18",
        0.9,
    ),
    (r"not implemented for '(Half|BFloat16)'", "O18", 0.8),
    (r"not implemented for '(Byte|Char|Int|Long|Bool|Short)'", "D18", 0.9),
    (r"[Ee]xpected .*(Long|Float|Double|Byte|Int).* but (got|found)", "D18", 0.9),
    (r"only (Tensors of )?floating point .*require gradients|should be floating", "D18", 0.8),
    (r"dtype .* does not match|result type \w+ can't be cast", "D18", 0.9),
    (r"inputs? (type|tensor).*weight type|Input type .* and bias type", "D18", 0.9),
    (r"Target -?\d+ is out of bounds", "D07", 0.85),
    (r"index out of range in self", "D07", 0.6),
    (r"mat1 and mat2 shapes cannot be multiplied|size mismatch|shape '.*' is invalid", "M18", 0.8),
    (r"expected input.*to have \d+ channels", "D16", 0.85),
    (r"inplace operation|second time", "M23", 0.8),
    (r"optimizer got an empty parameter list", "M16", 0.9),
    (r"can't convert|could not determine the shape|dtype", "D18", 0.6),
)


def explain_crash(trace: Trace, program: Program | None) -> list[Finding]:
    """Read the exception that ended the program, if one did.

    Args:
        trace: The trace, with the exception's text.
        program: The program, if it could be captured.

    Returns:
        The fault whose usual face the message is; nothing for a program that ended well.
    """
    if not trace.error:
        return []
    for pattern, fault, score in _PATTERNS:
        if re.search(pattern, trace.error):
            evidence = [f"The program ended with {trace.error.splitlines()[0][:200]}."]
            return [Finding(fault, score, evidence, trace.error_where)]
    return []
