"""The diagnosis of a failed gate joins what the gate measured with what the engine found."""

from startsimple.cli.gate import merge
from startsimple.schema.verdict import Suspect


def _found(fault: str, score: float) -> dict[str, object]:
    return {"fault": fault, "score": score, "evidence": ["tested"], "fix": "", "fix_verified": True}


def test_what_the_gate_measured_comes_first() -> None:
    merged = merge([_found("O02", 0.98), _found("D14", 0.9)], [Suspect("M04", 0.95, ["R-10"], "f")])
    assert [item["fault"] for item in merged] == ["M04", "O02", "D14"]
    assert merged[0]["fix_verified"] == "not tried"


def test_a_fault_that_both_name_keeps_the_test_of_its_fix() -> None:
    merged = merge([_found("M04", 0.9)], [Suspect("M04", 0.95, ["R-10"], "f")])
    assert len(merged) == 1
    assert merged[0]["fix_verified"] is True


def test_guesses_of_the_gate_come_last_and_three_are_enough() -> None:
    accused = [Suspect("O01", 0.4, [], ""), Suspect("M09", 0.3, [], "")]
    merged = merge([_found("O02", 0.8), _found("D01", 0.7)], accused)
    assert [item["fault"] for item in merged] == ["O02", "D01", "O01"]
