"""Which of a step's calls of its networks answers the batch."""

import torch
from torch import nn

from startsimple.program.passes import Pass, ends_of

ROWS, OTHER = torch.arange(6.0).reshape(3, 2), torch.ones(3, 2)
NET, HEAD = nn.Linear(2, 2), nn.Linear(2, 1)


def answer(value):
    return [torch.full((3, 1), float(value))]


def test_of_a_chain_the_first_input_and_the_last_output_come():
    chain = [Pass(NET, [ROWS], [OTHER]), Pass(HEAD, [OTHER], answer(1))]
    entered, left = ends_of(chain, [ROWS])
    assert entered is ROWS and left is chain[1].left[0]


def test_of_a_network_that_is_asked_again_the_answer_to_the_batch_counts():
    attack = [
        Pass(NET, [OTHER], answer(1)),
        Pass(NET, [ROWS], answer(2)),
        Pass(NET, [OTHER], answer(3)),
    ]
    entered, left = ends_of(attack, [torch.zeros(3), ROWS.clone()])
    assert torch.equal(entered, ROWS) and float(left[0]) == 2


def test_without_the_batch_s_own_rows_the_last_answer_counts():
    views = [Pass(NET, [OTHER], answer(1)), Pass(NET, [OTHER + 1], answer(2))]
    entered, left = ends_of(views, [ROWS, ROWS.int()])
    assert entered is OTHER and float(left[0]) == 2


def test_what_takes_or_gives_no_tensor_is_passed_over():
    assert ends_of([], [ROWS]) == (None, None)
    assert ends_of([Pass(NET, [ROWS], [])], [ROWS]) == (ROWS, None)
    entered, left = ends_of([Pass(NET, [], answer(1))], [ROWS])
    assert entered is None and float(left[0]) == 1
