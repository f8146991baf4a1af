import math

import pytest

from startsimple.report.chart import WIDTH, Chart, Scale


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.93, 0.97, [0.93, 0.94, 0.95, 0.96, 0.97]),
        (-4.5, 4.5, [-4, -2, 0, 2, 4]),
    ],
)
def test_linear_ticks_are_round_and_inside(low: float, high: float, ticks: list[float]) -> None:
    assert Scale(low, high).ticks() == pytest.approx(ticks)


def test_logarithmic_ticks_are_powers_of_ten_or_their_parts() -> None:
    assert Scale(2e-5, 0.3, log=True).ticks() == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1])
    assert Scale(0.15, 0.9, log=True).ticks() == pytest.approx([0.2, 0.5])


def test_logarithmic_scale_halves_the_way_between_decades() -> None:
    scale = Scale(1e-4, 1.0, log=True)
    assert scale.share(1e-2) == pytest.approx(0.5)
    assert scale.share(0.0) == 0.0


def test_scale_holds_equal_values_and_ignores_what_is_not_finite() -> None:
    flat = Scale.around([0.5, 0.5])
    assert flat.low < 0.5 < flat.high
    assert Scale.around([math.nan, 1.0, math.inf, 2.0], margin=0.1) == Scale(0.9, 2.1)
    assert Scale.around([0.0, 0.1, 0.1], log=True) == Scale(0.05, 0.2, log=True)


def test_points_land_inside_the_drawing() -> None:
    chart = Chart("t", Scale(0, 10), Scale(0, 1), "step", "loss")
    assert chart.px(0) == chart.left
    assert chart.px(10) < WIDTH
    assert chart.py(0) == chart.bottom
    assert chart.py(2.0) == chart.py(1.0) > 0


def test_curve_is_interrupted_where_it_is_not_finite() -> None:
    chart = Chart("t", Scale(0, 4), Scale(0, 1), "step", "loss")
    chart.line([(0, 0.1), (1, 0.2), (2, math.nan), (3, 0.4)], "s0")
    assert chart.svg().count("<polyline") == 2


def test_labels_of_close_levels_do_not_overlap() -> None:
    chart = Chart("t", Scale(0, 4), Scale(0, 1), "step", "loss")
    for value in (0.5, 0.51, 0.52):
        chart.level(value, f"level {value}")
    text = chart.svg()
    heights = [float(part.split('y="')[1].split('"')[0]) for part in text.split("<text")
               if "level 0" in part]  # fmt: skip
    assert len(heights) == 3
    assert min(abs(a - b) for a in heights for b in heights if a != b) >= 11


def test_long_names_wrap_below_the_axis() -> None:
    ticks = {float(place): "support vector machine" for place in range(5)}
    svg = Chart("t", Scale(-0.5, 4.5), Scale(0, 1), "", "accuracy", ticks).svg()
    assert ">vector</text>" in svg
