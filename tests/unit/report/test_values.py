import math

import pytest

from startsimple.report.values import shorten, show, show_bound, show_seconds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.98765, "0.9877"),
        (4e-4, "0.0004"),
        (5.6421e-66, "5.642e-66"),
        (1.5e-7, "1.5e-7"),
        (3.0, "3"),
        (360, "360"),
        (True, "yes"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        ("overfitting", "overfitting"),
        ([1, 0.25], "1, 0.25"),
        (None, "\N{EN DASH}"),
    ],
)
def test_values_read_as_people_write_them(value: object, text: str) -> None:
    assert show(value) == text


@pytest.mark.parametrize(
    ("op", "threshold", "text"),
    [
        ("<=", 0.01, "≤ 0.01"),
        ("!=", "undecided", "≠ undecided"),
        ("in", [0.9, 1.1], "0.9\N{EN DASH}1.1"),
        ("==", None, ""),
    ],
)
def test_thresholds_show_their_comparison(op: str, threshold: object, text: str) -> None:
    assert show_bound(op, threshold) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (119.0, "119 s"), (360.0, "6.0 min"), (9000.0, "2.5 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert show_seconds(seconds) == text


def test_shortening_cuts_at_a_word_and_never_overflows() -> None:
    assert shorten("loss above its floor, share", 24) == "loss above its floor…"
    assert shorten("fits", 4) == "fits"
    assert len(shorten("onelongwordwithoutanyspace", 10)) == 10
