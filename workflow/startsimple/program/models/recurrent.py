"""One recurrent layer: the other default for sequences."""

from collections.abc import Callable

from torch import Tensor, nn

from startsimple.program.models.shapes import sequence
from startsimple.schema.errors import UserError, nearest

_CELLS: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class Recurrent(nn.Module):
    """One recurrent layer whose outputs at all positions feed a linear layer.

    With a bidirectional GRU of 6 units this is the GRU of the MNIST-1D paper.

    Args:
        input_shape: Shape of one example: (length,) or (channels, length).
        outputs: Number of logits.
        cell: lstm, gru or rnn, all with tanh.
        hidden: Units per direction.
        bidirectional: Read the sequence from both ends.

    Raises:
        UserError: If an example is no sequence, or the cell is unknown.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        *,
        cell: str = "lstm",
        hidden: int = 64,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        self.shape = sequence(input_shape, "recurrent")
        if cell not in _CELLS:
            raise UserError(f"model.cell='{cell}' is unknown. {nearest(cell, _CELLS)}")
        channels, length = self.shape
        self.recurrent = _CELLS[cell](
            channels, hidden, batch_first=True, bidirectional=bidirectional
        )
        self.head = nn.Linear(length * hidden * (2 if bidirectional else 1), outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (batch, *input_shape) to logits (batch, outputs)."""
        steps = inputs.reshape(-1, *self.shape).transpose(1, 2)
        states, _ = self.recurrent(steps)
        return self.head(states.flatten(1))
