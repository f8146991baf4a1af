"""What a record, a verdict and a curve are in MLflow's terms: metrics, parameters, a dataset."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from startsimple.schema.canonical import canonical, read_json
from startsimple.schema.verdict import Verdict, read_verdict

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric

# Limits of one MLflow request, and of one parameter.
_METRICS_A_REQUEST = 1000
_PARAMS_A_REQUEST = 100
_LONGEST_PARAM = 6000
# MLflow's own names, so that its page of system metrics shows them.
_SAMPLED = {
    "cpu_percent": "system/cpu_utilization_percentage",
    "memory_percent": "system/system_memory_usage_percentage",
    "resident_mb": "system/process_resident_megabytes",
    "gpu_memory_mb": "system/gpu_0_memory_usage_megabytes",
}
_SHOWN_SUFFIXES = (".json", ".png", ".svg", ".csv", ".txt")
_LARGEST_ARTEFACT = 5_000_000


@dataclass(frozen=True)
class StageRun:
    """One closed attempt at a stage.

    Attributes:
        root: The repository.
        stage: Name of the stage.
        record: The attempt's record.
        path: Where the record lies.
        record_sha256: SHA-256 of the record's bytes, by which MLflow knows it.
        newest: True if the stage's folder holds what this attempt wrote.
    """

    root: Path
    stage: str
    record: dict[str, Any]
    path: Path
    record_sha256: str
    newest: bool

    @property
    def folder(self) -> Path:
        """The stage's folder of artefacts."""
        return self.root / "results" / self.record["run"] / self.stage

    @property
    def verdict(self) -> Verdict | None:
        """The stage's answer, if this attempt gave the one that is on disk."""
        path = self.folder / "verdict.json"
        return read_verdict(path) if self.newest and path.exists() else None

    @property
    def start(self) -> int:
        """Start in milliseconds since 1970."""
        return milliseconds(self.record["time"]["start"]) or 0

    @property
    def end(self) -> int:
        """End in milliseconds since 1970; a killed attempt ends when that was noticed."""
        times = self.record["time"]
        return milliseconds(times["end"] or times.get("noticed")) or self.start


def milliseconds(moment: str | None) -> int | None:
    """Return an ISO time as milliseconds since 1970, the unit of MLflow."""
    if moment is None:
        return None
    return int(datetime.fromisoformat(moment).astimezone(UTC).timestamp() * 1000)


def log_params(client: "MlflowClient", run: str, mapping: dict[str, Any]) -> None:
    """Log nested settings as parameters with dotted names."""
    from mlflow.entities import Param

    params = [Param(name, _text(value)[:_LONGEST_PARAM]) for name, value in flat(mapping)]
    for start in range(0, len(params), _PARAMS_A_REQUEST):
        client.log_batch(run, params=params[start : start + _PARAMS_A_REQUEST])


def log_metrics(client: "MlflowClient", run: str, metrics: "Iterable[Metric]") -> None:
    """Log metrics in as few requests as MLflow allows."""
    waiting = list(metrics)
    for start in range(0, len(waiting), _METRICS_A_REQUEST):
        client.log_batch(run, metrics=waiting[start : start + _METRICS_A_REQUEST])


def verdict_metrics(stage: StageRun) -> "Generator[Metric]":
    """Yield every check's value, every scalar figure of the verdict, and what it cost."""
    from mlflow.entities import Metric

    verdict = stage.verdict
    for check in verdict.checks if verdict else ():
        if (value := _number(check.value)) is not None:
            yield Metric(f"check/{check.id}", value, stage.end, 0)
    for name, figure in flat(verdict.numbers if verdict else {}):
        if (value := _number(figure)) is not None:
            yield Metric(f"figure/{name}", value, stage.end, 0)
    for name in ("seconds", "cpu_seconds", "peak_rss_bytes"):
        if (value := _number(stage.record["time"].get(name))) is not None:
            yield Metric(f"cost/{name}", value, stage.end, 0)


def system_metrics(stage: StageRun) -> "Generator[Metric]":
    """Yield the samples of processor, memory and accelerator at their original times."""
    from mlflow.entities import Metric

    for step, sample in enumerate(stage.record.get("samples", [])):
        moment = stage.start + int(1000 * sample["seconds"])
        for name, shown in _SAMPLED.items():
            if name in sample:
                yield Metric(shown, float(sample[name]), moment, step)


def curve_metrics(stage: StageRun, series: dict[str, Any]) -> "Generator[Metric]":
    """Yield one seed's or trial's curves per step, and its summary.

    The curves hold no times; their points are spread evenly over the stage's.
    """
    from mlflow.entities import Metric

    curves: dict[str, dict[str, list[Any]]] = series.get("metrics", {})
    for name, curve in curves.items():
        points = list(zip(curve["step"], curve["value"], strict=True))
        for index, (step, value) in enumerate(points):
            moment = stage.start + (stage.end - stage.start) * (index + 1) // len(points)
            if (number := _number(value)) is not None:
                yield Metric(name, number, moment, int(step))
    for name, value in flat(series.get("summary", {})):
        if (number := _number(value)) is not None:
            yield Metric(f"final/{name}", number, stage.end, 0)


def dataset_input(stage: StageRun) -> "DatasetInput | None":
    """Return the dataset by DVC's own hash, so that both systems find the same data by it."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    resolved: dict[str, Any] = stage.record.get("config", {}).get("resolved", {})
    dataset: dict[str, Any] = resolved.get("dataset") or {}
    pointer = stage.root / str(dataset.get("pointer"))
    if not pointer.is_file():
        return None
    source = canonical({"pointer": dataset["pointer"], "licence": dataset.get("licence")})
    entity = Dataset(dataset["name"], dvc_hash(pointer), "dvc", source)
    return DatasetInput(entity, [InputTag("mlflow.data.context", stage.stage)])


def dvc_hash(pointer: Path) -> str:
    """Return the hash that a DVC pointer file pins; at most 36 characters, as MLflow demands."""
    import yaml

    content = yaml.safe_load(pointer.read_text(encoding="utf-8"))
    return str(content["outs"][0]["md5"])


def artefacts(stage: StageRun) -> list[Path]:
    """Return the files that people look at: verdict, curves, pictures and the record itself."""
    below = sorted(path for path in stage.folder.rglob("*") if path.suffix in _SHOWN_SUFFIXES)
    small = [path for path in below if path.stat().st_size <= _LARGEST_ARTEFACT]
    return [*small, stage.path]


def series_of(stage: StageRun) -> list[dict[str, Any]]:
    """Return the seeds or trials whose curves the stage kept."""
    path = stage.folder / "curves.json"
    return list(read_json(path)["series"]) if path.exists() else []


def flat(mapping: dict[str, Any], prefix: str = "") -> "Generator[tuple[str, Any]]":
    """Yield the leaves of nested mappings with their dotted names."""
    for name, value in mapping.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield f"{prefix}{name}", value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


def _number(value: Any) -> float | None:
    """Return a figure as MLflow takes it; canonical JSON holds NaN and infinities as strings."""
    if isinstance(value, bool | int | float):
        return float(value)
    return float(value) if value in ("nan", "inf", "-inf") else None
