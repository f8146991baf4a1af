import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.made_run import CURVES, write_attempt, write_run, write_verdict

from startsimple.audit import ledger
from startsimple.report.enforce import enforce
from startsimple.report.page import write_page
from startsimple.schema.canonical import read_json, write_json
from startsimple.schema.errors import UserError
from startsimple.schema.stages import LADDER
from startsimple.schema.verdict import Check, Status


class Reader(HTMLParser):
    """Collects ids, links and text, and proves that every element is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [value or "" for key, value in attrs if key in ("href", "src")]
        if tag not in ("meta", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)


def read(root: Path, run: str = "demo") -> tuple[Reader, str]:
    source = write_page(root, run).read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(source)
    assert not reader.open
    return reader, source


def section(source: str, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', source, re.DOTALL)
    assert found
    return found[0]


def test_page_is_whole_by_itself(tmp_path: Path) -> None:
    write_run(tmp_path)
    reader, source = read(tmp_path)
    assert all(link.startswith("#") for link in reader.links)
    assert {link[1:] for link in reader.links} <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))
    assert "<script" not in source
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", source)
    assert len(source) < 400_000


def test_equal_runs_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_run(tmp_path / name)
    pages = [write_page(tmp_path / name, "demo").read_bytes() for name in ("one", "two")]
    assert pages[0] == pages[1] == write_page(tmp_path / "one", "demo").read_bytes()


def test_times_stay_in_the_trail(tmp_path: Path) -> None:
    write_run(tmp_path)
    _, source = read(tmp_path)
    assert "2026-01-01 10:00:00" in section(source, "trail")
    assert "2026-01-01" not in source.replace(section(source, "trail"), "")


def test_answer_comes_first_then_every_stage(tmp_path: Path) -> None:
    write_run(tmp_path)
    reader, _ = read(tmp_path)
    text = " ".join(reader.text)
    assert text.index("Climbed: all 7 stages are proven.") < text.index("Deciding check")
    assert [name for name in reader.ids if name in LADDER] == list(LADDER)


@pytest.mark.parametrize(
    ("stage", "drawings", "words"),
    [
        ("data", 2, ["Examples per class", "train 3200, val 800, test 1000"]),
        ("default_model", 1, ["0.990", "majority", "Linear", "1.41", "8836 parameters"]),
        ("overfit_batch", 1, ["softmax applied twice 1.46", "after 385 steps"]),
        ("benchmark", 2, ["reference 0.940", "Greydanus and Kobak 2024", "rank 2"]),
        (
            "gap",
            2,
            ["irreducible", "+0.170", "Route: underfitting", "intervals that hold together at 95%"],
        ),
        (
            "tune",
            6,
            [
                "Best trial of each schedule",
                "quartiles",
                "0.8 [0.7, 0.9]",
                "disagrees",
                "not searched",
                "too few trials",
                "not tuned: batch size decides speed",
                "12 trials",
                "best of k",
                "+0.190 [+0.170, +0.210]",
                "opened 1 time",
                "incumbent seed 0",
            ],
        ),
    ],
)
def test_stage_draws_its_evidence(
    tmp_path: Path, stage: str, drawings: int, words: list[str]
) -> None:
    write_run(tmp_path)
    part = section(read(tmp_path)[1], stage)
    pictures = re.findall(r"<svg.*?</svg>", part, re.DOTALL)
    assert len(pictures) == drawings
    for picture in pictures:
        assert ElementTree.fromstring(picture).find("{http://www.w3.org/2000/svg}title") is not None
    for word in words:
        assert word in part


def test_curve_that_ends_in_nan_is_still_drawn(tmp_path: Path) -> None:
    write_run(tmp_path)
    curves = {"series": CURVES["overfit_batch"][:1]}
    path = tmp_path / "results" / "demo" / "overfit_batch" / "curves.json"
    write_json(path, curves)
    broken = read_json(path)
    broken["series"][0]["metrics"]["train_loss"]["value"][30:] = ["nan", "inf"] * 15 + ["nan"]
    write_json(path, broken)
    drawn = section(read(tmp_path)[1], "overfit_batch")
    assert "nan" not in drawn
    assert "<polyline" in drawn


def test_missing_artefacts_cost_their_figure_only(tmp_path: Path) -> None:
    write_run(tmp_path)
    for path in [*tmp_path.rglob("curves.json"), *tmp_path.rglob("figures.json")]:
        path.unlink()
    _, source = read(tmp_path)
    assert "<svg" not in section(source, "overfit_batch")
    assert "O-03" in section(source, "overfit_batch")


def test_block_shows_suspects_with_name_evidence_and_fix(tmp_path: Path) -> None:
    write_run(tmp_path, block="overfit_batch")
    reader, source = read(tmp_path)
    part = section(source, "overfit_batch")
    for word in ("M04", "activation before a loss", "sum to 1 within 1e-7", "model.head", "Fix: "):
        assert word in part
    assert "tune" not in reader.ids
    assert "it proves nothing now" in source


def test_diagnosis_tells_what_it_tried(tmp_path: Path) -> None:
    write_run(tmp_path, block="overfit_batch", upto="overfit_batch")
    path = tmp_path / "results" / "demo" / "overfit_batch" / "diagnosis.json"
    swap = {"name": "inputs standardised", "fault": "D01", "alone": 0.91, "without": -0.12}
    check = {"title": "outputs are raw", "status": "fail", "evidence": "Rows sum to 1."}
    suspect = {"fault": "M04", "score": 0.9, "fix": "Drop it.", "fix_verified": True}
    scores = {"observed": 0.1, "best": 0.98}
    found = {"verdict": "faulty", "checks": [check], "interventions": [swap], "scores": scores}
    write_json(path, {**found, "suspects": [suspect]})
    part = section(read(tmp_path)[1], "overfit_batch")
    for word in ("1 spoke up", "Rows sum to 1.", "0.91", "-0.12", "0.98", "restores learning"):
        assert word in part


def test_waiver_is_told_in_red(tmp_path: Path) -> None:
    write_run(tmp_path)
    check = Check("D-06", "label balance", Status.FAIL, 12.0, "<=", 10.0, evidence="12 to 1.")
    write_verdict(tmp_path, "demo", "data", [check.waived("rare by nature")])
    _, source = read(tmp_path)
    assert re.search(r'class="waivers".*?rare by nature', section(source, "data"), re.DOTALL)
    assert "1 waived" in source


def test_words_of_users_are_escaped(tmp_path: Path) -> None:
    write_run(tmp_path, upto="data")
    write_attempt(tmp_path, "demo", "simplify", 1, "failed", "<script>alert('x')</script> & co")
    _, source = read(tmp_path)
    assert "<script" not in source
    assert "&lt;script&gt;" in source


def test_provenance_traces_config_code_and_command(tmp_path: Path) -> None:
    write_run(tmp_path, "demo~small")
    config = tmp_path / "results" / "demo~small" / "config.json"
    write_json(config, {**read_json(config), "overrides": ["optimizer.lr=1e-3"]})
    _, source = read(tmp_path, "demo~small")
    part = section(source, "provenance")
    assert "experiment=demo" in part
    assert "optimizer.lr=1e-3" in part
    assert "label=small" in part
    assert f'title="{"e" * 64}"' in part
    assert "dirty" in section(source, "trail")
    assert "9" * 40 in section(source, "trail")


def test_openings_of_the_test_split_are_listed(tmp_path: Path) -> None:
    write_run(tmp_path)
    assert "has not been opened" in section(read(tmp_path)[1], "trail")
    event = {"event": "test_opened", "stage": "tune", "purpose": "claim", "reason": "final claim"}
    ledger.append(tmp_path, {**event, "run": "other", "reason": "not ours"})
    entry = ledger.append(tmp_path, {**event, "run": "demo"})
    part = section(read(tmp_path)[1], "trail")
    assert "final claim" in part
    assert "not ours" not in part
    assert entry["hash"] in part


def test_unknown_run_ends_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No run is named 'demo'"):
        write_page(tmp_path, "demo")


def test_enforce_marks_the_top_and_names_the_block(tmp_path: Path) -> None:
    write_run(tmp_path)
    assert enforce(tmp_path, "demo")[0]
    write_run(tmp_path, "other", block="gap")
    climbed, sentence = enforce(tmp_path, "other")
    assert not climbed
    assert "Blocked at gap." in sentence
    assert "Fix M04." in sentence
    write_run(tmp_path, "half", upto="gap")
    assert not enforce(tmp_path, "half")[0]
