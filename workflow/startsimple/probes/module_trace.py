"""R-00: step through the model as in a debugger, and write down what every module did."""

from typing import Any

from torch import Tensor, nn

from startsimple.probes.running import first_batch, modules, step
from startsimple.program.seeded import seeded
from startsimple.program.spy import tensors_in
from startsimple.program.subject import Subject


def measure(subject: Subject, seed: int = 0) -> list[dict[str, Any]]:
    """Run one training batch through the model and describe every module that ran.

    Args:
        subject: The program; it is left as it was.
        seed: Seeds dropout and the like.

    Returns:
        One row per call, in the order in which the modules finished: module, type, inputs and
        outputs (shape, dtype, device, smallest and largest magnitude, mean, standard deviation)
        and the number of the module's own parameters.
    """
    fork = subject.fork()
    names = {module: name for name, module in modules(fork.model).items()}
    rows: list[dict[str, Any]] = []

    def note(module: nn.Module, args: Any, output: Any) -> None:
        own = module.parameters(recurse=False)
        rows.append(
            {
                "module": names[module],
                "type": type(module).__name__,
                "inputs": [_describe(tensor) for tensor in tensors_in(args)],
                "outputs": [_describe(tensor) for tensor in tensors_in(output)],
                "parameters": sum(parameter.numel() for parameter in own),
            }
        )

    for module in fork.model.modules():
        module.register_forward_hook(note)
    with seeded(seed):
        step(fork, first_batch(fork))
    return rows


def _describe(tensor: Tensor) -> dict[str, Any]:
    described: dict[str, Any] = {
        "shape": list(tensor.shape),
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "device": tensor.device.type,
    }
    if tensor.numel():
        values = tensor.detach().double()
        described["abs_min"] = float(values.abs().min())
        described["abs_max"] = float(values.abs().max())
        described["mean"] = float(values.mean())
        described["std"] = float(values.std(correction=0))
    return described
