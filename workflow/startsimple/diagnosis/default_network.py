"""The default network for each form of input: what must learn if the data can be learnt."""

import torch
from torch import Tensor, nn

from startsimple.program.subject import Task

HIDDEN = 128
EMBEDDING = 64
VOCABULARY = 100_000


class TokenNetwork(nn.Module):
    """Embeds tokens and classifies the mean of their embeddings through one hidden layer."""

    def __init__(self, vocabulary: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, EMBEDDING)
        self.head = nn.Sequential(nn.Linear(EMBEDDING, HIDDEN), nn.ReLU())
        self.out = nn.Linear(HIDDEN, outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return outputs, (rows, outputs), for tokens, (rows, length)."""
        hidden = self.embed(tokens.clamp(0, self.embed.num_embeddings - 1)).flatten(1, -2).mean(1)
        return self.out(self.head(hidden))


def default_network(inputs: Tensor, outputs: int, seed: int = 0) -> nn.Module:
    """Build a small network by the form of its input (method.md section 5).

    Args:
        inputs: A batch as it enters the program's model.
        outputs: Number of values to predict per row.
        seed: Seed of its initial weights.

    Returns:
        A LeNet-like network for images, an embedding for tokens, else one hidden layer.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        whole = not inputs.is_floating_point()
        if whole and inputs.ndim <= 2 and inputs.numel() and int(inputs.max()) < VOCABULARY:
            return TokenNetwork(int(inputs.max()) + 2, outputs)
        if inputs.ndim == 4 and min(inputs.shape[-2:]) >= 8 and inputs.shape[1] <= 4:
            return _lenet(inputs, outputs)
        size = inputs[0].numel() if inputs.ndim else 1
        return nn.Sequential(
            nn.Flatten(), nn.Linear(size, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, outputs)
        )


def _lenet(inputs: Tensor, outputs: int) -> nn.Module:
    body = nn.Sequential(
        nn.Conv2d(inputs.shape[1], 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
    )
    with torch.no_grad():
        size = body(inputs[:1].float()).shape[1]
    return nn.Sequential(body, nn.Linear(size, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, outputs))


def outputs_needed(task: Task, target: Tensor) -> int:
    """Return how many values per row the task needs."""
    if task.kind == "classification":
        return task.classes or 1
    return target[0].numel() if target.ndim else 1
