"""Scores that a script prints."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from startsimple.program.printed import scores_in


@pytest.mark.parametrize(
    ("line", "scores"),
    [
        ("epoch 3 | loss 0.412 | val acc 0.931", [("val_acc", 0.931)]),
        ("Epoch 1: train_acc=0.50, val_acc=0.75", [("train_acc", 0.5), ("val_acc", 0.75)]),
        ("Test Accuracy: 97.30%", [("test_accuracy", 97.3)]),
        ("val_auc 0.4312 (best 0.5000)", [("val_auc", 0.4312)]),
        ("F1 = 0.25", [("f1", 0.25)]),
        ("Accuracy: 271/300 (90.3%)", []),
        ("val acc class 3 0.55", []),
        ("mixed precision 16.0, accel 9.81, accumulate 4.0", []),
        ("loss 0.3 in 1.5 s", []),
        ("", []),
    ],
)
def test_shares_are_read_from_a_line(line, scores):
    assert scores_in(line) == scores


@given(st.text())
def test_any_text_can_be_printed(text):
    for name, value in scores_in(text):
        assert name == name.lower()
        assert isinstance(value, float)


PRINTS = """
import io
print("val_acc", 0.5, "and more")
print("val_acc", 0.9, file=io.StringIO())
print(f"val_acc {30.0:.1f}", end="")
"""


def test_what_a_script_prints_is_logged_unless_it_goes_to_a_buffer(observe, capsys):
    _, trace = observe(PRINTS)
    assert trace.logged == {"val_acc": [0.5, 30.0]}
    assert "val_acc 30.0" in capsys.readouterr().out
    print("val_acc 0.1", file=io.StringIO())
    assert trace.logged == {"val_acc": [0.5, 30.0]}
