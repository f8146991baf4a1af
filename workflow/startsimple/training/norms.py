"""The L2 norm of the whole gradient, step by step, and its clipping (T-12, T-13)."""

import torch
from torch import Tensor, nn, optim


class GradientNorms:
    """Notes the norm of the whole gradient before every step, and clips it if there is a limit.

    The norms stay on the device until the run has ended, so that no step has to wait for them.
    Without a limit the gradient is only read, so that measuring changes no bit of a run.
    """

    def __init__(self, optimizer: optim.Optimizer, steps: int, limit: float = 0.0) -> None:
        """Prepare for a run.

        Args:
            optimizer: Its parameters' gradients are one vector; what it does not hold is never
                cleared, so that its gradient says nothing about a step.
            steps: Steps at most.
            limit: Largest norm that is left; 0 clips nothing.
        """
        groups = optimizer.param_groups
        self._held: list[nn.Parameter] = [p for group in groups for p in group["params"]]
        self._norms = torch.zeros(steps, device=self._held[0].device)
        self.limit = limit

    def note(self, step: int) -> None:
        """Note the norm after the backward pass of a step, counted from 0, then clip."""
        if self.limit:
            norm = nn.utils.clip_grad_norm_(self._held, self.limit)
        else:
            grads = [value.grad for value in self._held if value.grad is not None]
            norm = nn.utils.get_total_norm(grads)
        self._norms[step] = norm

    def kept(self, steps: int) -> Tensor:
        """Return the norms of the first steps as they were before clipping, on the CPU."""
        return self._norms[:steps].cpu()

    def clipped(self, steps: int) -> float:
        """Return the share of the first steps whose gradient was clipped."""
        return float((self._norms[:steps] > self.limit).double().mean())
