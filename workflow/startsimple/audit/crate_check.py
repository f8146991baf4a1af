"""Check 9: the crate holds together, its digests are the files', and a validator accepts it.

The validator, roc-validator 0.13, looks at structure and never at hashes, references or times:
those are checked here first. It needs an older `rich` than a developer's tools do, so it may live
in an environment of its own, whose Python STARTSIMPLE_CRATE_PYTHON names.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from startsimple.audit.crate import CRATE
from startsimple.audit.verifier import Answer, Trail, file_sha256

PYTHON = "STARTSIMPLE_CRATE_PYTHON"
_TIMES = ("startTime", "endTime", "datePublished")
# Runs in the validator's environment. No network: the only context that the crate names ships
# inside rocrate 0.15.1 and is put into the validator's cache first.
_VALIDATE = """
import io, json, sys
from importlib.resources import files
from requests import Request, Response
from requests_cache import CachedSession
from rocrate_validator import services
from rocrate_validator.models import Severity
from urllib3 import HTTPResponse
crate, cache = sys.argv[1:]
address = "https://w3id.org/ro/crate/1.1/context"
context = (files("rocrate") / "data/ro-crate.jsonld").read_bytes()
assert b"ro/crate/1.1" in context, "rocrate ships another context than that of 1.1"
kept = Response()
kept.status_code, kept.url, kept.reason, kept._content = 200, address, "OK", context
kept.headers["Content-Type"] = "application/ld+json"
kept.request = Request("GET", address).prepare()
kept.raw = HTTPResponse(io.BytesIO(context), status=200, request_url=address)
CachedSession(cache_name=cache, backend="sqlite").cache.save_response(kept)
result = services.validate(services.ValidationSettings(
    rocrate_uri=crate, profile_identifier="provenance-run-crate-0.5", offline=True,
    cache_path=cache, requirement_severity=Severity.REQUIRED,
))
issues = result.get_issues(Severity.REQUIRED)
print(json.dumps({
    "passed": result.passed(Severity.REQUIRED), "checks": len(result.executed_checks),
    "skipped": len(result.skipped_checks),
    "issues": [f"{item.check.identifier}: {item.message}" for item in issues],
}))
"""


def check_crate(trail: Trail, answer: Answer) -> None:
    """9: the crate's references, digests and times hold, and the validator accepts it."""
    path = trail.run / CRATE
    if not path.is_file():
        answer.findings.append(f"{CRATE} is missing: seal the run")
        return
    graph: list[dict[str, Any]] = json.loads(path.read_bytes())["@graph"]
    ids = {entity["@id"] for entity in graph}
    for entity in graph:
        for reference in _references(entity):
            if reference not in ids and not reference.startswith(("http://", "https://")):
                answer.findings.append(f"{CRATE}: {entity['@id']} refers to {reference}: not there")
        for name in _TIMES:
            if name in entity and not _is_time(entity[name]):
                answer.findings.append(f"{CRATE}: {name} of {entity['@id']} is no ISO time")
        if "File" in entity["@type"] and "sha256" in entity:
            file = trail.run / entity["@id"]
            if not file.is_file() or file_sha256(file) != entity["sha256"]:
                answer.findings.append(f"{CRATE}: {entity['@id']} has another SHA-256 than it says")
    recorded = {
        record.get("stage", "") + f"-{record.get('attempt')}" for _, record, _ in trail.records
    }
    for name in sorted(recorded):
        if f"#attempt-{name}" not in ids:
            answer.findings.append(f"{CRATE}: attempt {name} has no action")
    answer.told = f"{len(graph)} entities, one action for each of {len(recorded)} attempts"
    answer.told += f"; {_validate(trail.run, answer)}"


def _validate(run: Path, answer: Answer) -> str:
    """Let roc-validator judge the crate without a network; return what it did."""
    python = os.environ.get(PYTHON) or sys.executable
    if python == sys.executable and importlib.util.find_spec("rocrate_validator") is None:
        answer.findings.append(
            "the validator is not installed: pip install rocrate==0.15.1 'roc-validator==0.13.*' "
            f"in an environment of its own, and name its Python in {PYTHON}"
        )
        return ""
    with tempfile.TemporaryDirectory() as scratch:
        command = [python, "-c", _VALIDATE, str(run), str(Path(scratch) / "cache")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        answer.findings.append(f"the validator broke off: {done.stderr.strip()[-300:]}")
        return ""
    result = json.loads(done.stdout.splitlines()[-1])
    answer.findings += [f"roc-validator: {issue}" for issue in result["issues"]]
    if not result["passed"] or result["skipped"]:
        answer.findings.append(f"roc-validator did not pass, or skipped {result['skipped']} checks")
    return f"roc-validator passed {result['checks']} checks at REQUIRED, none skipped"


def _references(value: Any) -> Iterator[str]:
    """Yield every {"@id": ...} inside an entity, not the entity's own id."""
    members = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    for member in members:
        if isinstance(member, dict) and set(member) == {"@id"}:
            yield member["@id"]
        else:
            yield from _references(member)


def _is_time(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
