"""A run as a Provenance Run Crate: one action an attempt, failed ones included.

Profile 0.5 on RO-Crate 1.1, which is what validators can check today. Equal records give equal
bytes: every time in the crate is taken from a record.
"""

import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from startsimple.audit.parents import records_of
from startsimple.schema.canonical import canonical, file_digest
from startsimple.schema.stages import LADDER

CRATE = "ro-crate-metadata.json"
_TERMS = "https://w3id.org/ro/terms/workflow-run#"
# Inline instead of by address: a second context would have to be fetched to be understood.
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": f"{_TERMS}sha256"}]
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_WORKFLOW, _ENGINE, _LANGUAGE = "audit/Snakefile", "#snakemake", "#snakemake-language"
_ENCODING = {
    ".json": "application/json",
    ".html": "text/html",
    ".log": "text/plain",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
    ".png": "image/png",
    ".patch": "text/x-diff",
}


@dataclass
class _Builder:
    """The entities of one crate by their ids."""

    run: str
    folder: Path
    entities: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def add(self, id: str, kind: str | list[str], **properties: Any) -> dict[str, str]:
        """Add an entity; what is empty is left out. Returns the reference to it."""
        told = {key: value for key, value in properties.items() if value not in (None, "", [])}
        self.entities[id] = {"@type": kind, **told}
        return {"@id": id}

    def file(self, name: str) -> dict[str, str]:
        """Add a file of the run, by its path below the run's folder."""
        path = self.folder / name
        return self.add(
            name,
            "File",
            name=name,
            sha256=file_digest(path),
            contentSize=str(path.stat().st_size),
            encodingFormat=_ENCODING.get(path.suffix, "application/octet-stream"),
        )

    def content(self, item: dict[str, Any]) -> dict[str, str]:
        """Add what an attempt read or wrote: the file, or its digest if the file is not here."""
        inside = item["path"].removeprefix(f"results/{self.run}/")
        path = self.folder / inside
        if inside != item["path"] and path.is_file() and file_digest(path) == item["sha256"]:
            return self.file(inside)
        return self.add(
            f"#{item['path']}@{item['sha256'][:12]}",
            "PropertyValue",
            name=item["path"],
            propertyID=f"{_TERMS}sha256",
            value=item["sha256"],
        )


def write_crate(root: Path, run: str) -> Path | None:
    """Write results/<run>/ro-crate-metadata.json.

    Args:
        root: The repository.
        run: Name of the run, whose folder holds audit/Snakefile.

    Returns:
        The file; None if no attempt is recorded yet.
    """
    folder = root / "results" / run
    records = [record for stage in LADDER for _, record in records_of(root, run, stage)]
    if not records or not (folder / _WORKFLOW).is_file():
        return None
    builder = _Builder(run, folder)
    tools = _tools(builder, records)
    attempts = [_attempt(builder, record, tools) for record in records]
    whole = _whole(builder, records)
    engine = builder.entities[_ENGINE]["name"]
    organised = builder.add(
        "#organise",
        "OrganizeAction",
        name=f"{engine} runs {run}",
        instrument={"@id": _ENGINE},
        object=[_control(builder, action, tools) for action in attempts],
        result=whole,
        startTime=_times(records)[0],
        endTime=_times(records)[-1],
    )
    text = f"{canonical(_document(builder, records, [whole, *attempts, organised]), indent=1)}\n"
    path = folder / CRATE
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


def _tools(builder: _Builder, records: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Add the workflow, its engine, and a tool with its step for each stage that was tried."""
    version = importlib.metadata.version("snakemake")
    builder.add(
        _ENGINE,
        "SoftwareApplication",
        name="Snakemake",
        version=version,
        softwareVersion=version,
        url="https://snakemake.github.io",
    )
    builder.add(
        _LANGUAGE,
        "ComputerLanguage",
        name="Snakemake",
        identifier={"@id": "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"},
        url={"@id": "https://snakemake.readthedocs.io"},
    )
    tried = [stage for stage in LADDER if any(record["stage"] == stage for record in records)]
    tools = {
        stage: builder.add(
            f"#tool-{stage}",
            "SoftwareApplication",
            name=f"scripts/{stage}.py",
            description=f"Judges the stage {stage}; see startsimple.stages.{stage}",
            softwareVersion=_commit(records, stage),
        )
        for stage in tried
    }
    steps = [
        builder.add(
            f"{_WORKFLOW}#{stage}",
            "HowToStep",
            name=stage,
            position=str(position),
            workExample=tools[stage],
        )
        for position, stage in enumerate(tried)
    ]
    builder.file(_WORKFLOW)
    builder.entities[_WORKFLOW] |= {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": "startsimple: bring up a deep network one proven stage at a time",
        "programmingLanguage": {"@id": _LANGUAGE},
        "hasPart": list(tools.values()),
        "step": steps,
    }
    return tools


def _attempt(
    builder: _Builder, record: dict[str, Any], tools: dict[str, dict[str, str]]
) -> dict[str, str]:
    stage, number, times = record["stage"], record["attempt"], record["time"]
    done = record["status"] == "finished"
    settings = builder.add(
        f"#config-{stage}-{number}",
        "PropertyValue",
        name=f"resolved config of {stage}, attempt {number}",
        value=canonical(record.get("config", {}).get("resolved", {})),
    )
    record_file = builder.file(f"audit/{stage}/attempt-{number}.json")
    return builder.add(
        f"#attempt-{stage}-{number}",
        "CreateAction",
        name=f"{stage}, attempt {number}",
        description=f"Ended {record['status']}; verdict: {record.get('verdict')}",
        instrument=tools[stage],
        object=[settings, *_unique(builder.content(item) for item in record.get("inputs", []))],
        result=_unique([*(builder.content(i) for i in record.get("outputs", [])), record_file]),
        startTime=times["start"],
        endTime=times["end"] or times.get("noticed"),
        actionStatus=_status(done),
        error=None if done else record["error"],
    )


def _control(
    builder: _Builder, action: dict[str, str], tools: dict[str, dict[str, str]]
) -> dict[str, str]:
    entity = builder.entities[action["@id"]]
    stage = next(name for name, tool in tools.items() if tool == entity["instrument"])
    return builder.add(
        action["@id"].replace("#attempt", "#control"),
        "ControlAction",
        name=f"orchestrate {entity['name']}",
        instrument={"@id": f"{_WORKFLOW}#{stage}"},
        object=action,
    )


def _whole(builder: _Builder, records: list[dict[str, Any]]) -> dict[str, str]:
    """Add the action of the whole run; it failed if its last attempt did."""
    times = _times(records)
    verdicts = sorted(path.parent.name for path in builder.folder.glob("*/verdict.json"))
    shown = [f"{stage}/verdict.json" for stage in verdicts]
    results = [name for name in (*shown, "report.html") if (builder.folder / name).is_file()]
    last = max(records, key=lambda record: record["time"]["start"] or "")
    done = last["status"] == "finished"
    return builder.add(
        "#run",
        "CreateAction",
        name=f"Run {builder.run}",
        instrument={"@id": _WORKFLOW},
        object=[builder.file("config.json")],
        result=[builder.file(name) for name in results],
        startTime=times[0],
        endTime=times[-1],
        actionStatus=_status(done),
        error=None if done else last["error"],
    )


def _document(
    builder: _Builder, records: list[dict[str, Any]], actions: list[dict[str, str]]
) -> dict[str, Any]:
    """Lay the entities out by rocrate, which knows the root and the descriptor of version 1.1."""
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    profiles = [
        builder.add(id, "CreativeWork", name=name, version=version)
        for id, (name, version) in _PROFILES.items()
    ]
    dataset: dict[str, Any] = records[0].get("config", {}).get("resolved", {}).get("dataset") or {}
    crate: Any = ROCrate(version="1.1")
    for id, properties in builder.entities.items():
        crate.add(ContextEntity(crate, id, properties))
    files = sorted(id for id, item in builder.entities.items() if "File" in item["@type"])
    crate.root_dataset._jsonld |= {
        "name": f"startsimple run {builder.run}",
        "description": "A climb through gated stages: verdicts, records of every attempt, "
        f"curves and weights. Data: {dataset.get('name')}, {dataset.get('licence')}.",
        "license": "The files of this run: Apache-2.0; the data: see the description",
        "datePublished": _times(records)[-1],
        "conformsTo": profiles,
        "mainEntity": {"@id": _WORKFLOW},
        "hasPart": [{"@id": id} for id in files],
        "mentions": actions,
    }
    graph = sorted(crate.metadata.generate()["@graph"], key=lambda entity: entity["@id"])
    return {"@context": _CONTEXT, "@graph": graph}


def _status(done: bool) -> dict[str, str]:
    kind = "Completed" if done else "Failed"
    return {"@id": f"http://schema.org/{kind}ActionStatus"}


def _times(records: list[dict[str, Any]]) -> list[str]:
    """Return every moment of the records, oldest first."""
    names = ("start", "end", "noticed")
    return sorted(time for r in records for name in names if (time := r["time"].get(name)))


def _commit(records: list[dict[str, Any]], stage: str) -> str | None:
    own = [record for record in records if record["stage"] == stage]
    return own[-1].get("code", {}).get("git", {}).get("commit")


def _unique(references: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return list({reference["@id"]: reference for reference in references}.values())
