"""Fixes that a setup of the lab applies: scaling, losses, initial weights, the loop itself."""

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.mending import single
from startsimple.diagnosis.remedies.remedy import Attempt, Mend, Remedy, attempt
from startsimple.diagnosis.setup import Setup

HEAD = Mend("the standard loss on raw outputs", (Setup(bare=True, loss=True),))
LOOP = "gradients cleared, stepped on and scored in the right modes"
RELU = "ReLU in the hidden layers"

# The careful loop of the lab clears, steps and switches modes: of these defects it has none.
MENDS: dict[str, Mend] = {
    "D01": Mend("the inputs standardised", (Setup(inputs=True),)),
    "D03": Mend("the targets standardised", (Setup(targets=True),)),
    "D15": Mend("the rows shuffled", (Setup(shuffle=True),), logical=True),
    "M01": Mend(RELU, (Setup(hidden=True), Setup(hidden=True, init=True))),
    "M02": Mend(RELU, (Setup(hidden=True), Setup(hidden=True, init=True))),
    "M03": HEAD,
    "M04": HEAD,
    "M05": Mend("the loss that takes raw outputs", (Setup(loss=True), Setup(bare=True, loss=True))),
    "M06": HEAD,
    "M07": Mend("the loss averaged", (Setup(mean=True),)),
    "M08": Mend("the loss negated", (Setup(negate=True),)),
    "M09": HEAD,
    "M13": Mend("standard initial weights", (Setup(init=True),)),
    "M14": Mend("standard initial weights", (Setup(init=True),)),
    "M15": Mend("outputs that start at the prior", (Setup(output_bias=True),)),
    "M17": Mend(
        "the default network", (Setup(default=True, inputs=True, targets=True, adam=1e-2),)
    ),
    "M19": Mend("dropout off", (Setup(unregularised=True),)),
    "M21": Mend("regularisation off", (Setup(unregularised=True),)),
    "O01": Mend("a lower learning rate", (Setup(rate=0.1), Setup(rate=0.01))),
    "O02": Mend(
        "a higher learning rate", (Setup(rate=10.0), Setup(rate=100.0), Setup(rate=1000.0))
    ),
    "O03": Mend("Adam", (Setup(adam=1e-3), Setup(adam=1e-2))),
    "O04": Mend(LOOP, logical=True),
    "O05": Mend(LOOP, logical=True),
    "O06": Mend("every parameter optimised", (Setup(all_parameters=True),), logical=True),
    "O10": Mend("the learning rate kept up"),
    "O11": Mend("no clipping", (Setup(unclipped=True),)),
    "O12": Mend("the losses averaged over the passes of a step", (Setup(loss=True),)),
    "O13": Mend("batches of 32 rows", (Setup(shuffle=True, rows=32),)),
    "O14": Mend("eight times the steps", (Setup(longer=8.0),)),
    "O18": Mend("single precision", (Setup(float32=True),), modes=(single,), logical=True),
}


def _of(mend: Mend) -> Remedy:
    def remedy(case: Case, finding: Finding) -> Attempt | None:
        return attempt(case, mend)

    return remedy


REMEDIES: dict[str, list[Remedy]] = {fault: [_of(mend)] for fault, mend in MENDS.items()}
