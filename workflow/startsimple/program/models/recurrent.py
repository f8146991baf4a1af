"""One recurrent layer: the other default for sequences."""

from collections.abc import Callable

from torch import Tensor, nn

from startsimple.program.models.shapes import sequence
from startsimple.schema.errors import UserError, nearest

_READOUTS = ("all", "last")
_CELLS: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class Recurrent(nn.Module):
    """One recurrent layer, and a linear layer on its outputs at all positions or at the last one.

    Reading all positions needs no memory of those before; reading the last one does. With a
    bidirectional GRU of 6 units and all positions this is the GRU of the MNIST-1D paper.

    Args:
        input_shape: Shape of one example: (length,) or (channels, length).
        outputs: Number of logits.
        cell: lstm, gru or rnn, all with tanh.
        hidden: Units per direction.
        bidirectional: Read the sequence from both ends.
        readout: all positions, or the last one of each direction.

    Raises:
        UserError: If an example is no sequence, or the cell or the readout is unknown.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        *,
        cell: str = "lstm",
        hidden: int = 64,
        bidirectional: bool = False,
        readout: str = "all",
    ) -> None:
        super().__init__()
        self.shape = sequence(input_shape, "recurrent")
        if cell not in _CELLS:
            raise UserError(f"model.cell='{cell}' is unknown. {nearest(cell, _CELLS)}")
        if readout not in _READOUTS:
            raise UserError(f"model.readout='{readout}' is unknown. {nearest(readout, _READOUTS)}")
        channels, length = self.shape
        self.last = readout == "last"
        self.recurrent = _CELLS[cell](
            channels, hidden, batch_first=True, bidirectional=bidirectional
        )
        width = hidden * (2 if bidirectional else 1)
        self.head = nn.Linear(width if self.last else length * width, outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (batch, *input_shape) to logits (batch, outputs)."""
        steps = inputs.reshape(-1, *self.shape).transpose(1, 2)
        states, final = self.recurrent(steps)
        if not self.last:
            return self.head(states.flatten(1))
        # An LSTM also returns its cells; the states are (directions, batch, hidden).
        ends = final[0] if isinstance(final, tuple) else final
        return self.head(ends.transpose(0, 1).flatten(1))
