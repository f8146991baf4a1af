"""Write every installed version to requirements.lock, and the same pins as a conda environment.

Run by `make lock` after the dependencies of pyproject.toml have changed.
"""

from importlib.metadata import distributions
from pathlib import Path

SKIPPED = {"pip", "setuptools", "startsimple", "wheel"}
HEADER = """\
# The pins of requirements.lock, for `snakemake --software-deployment-method conda`.
channels: [conda-forge, nodefaults]
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def main() -> None:
    """Write both files."""
    found = {
        f"{item.name}=={item.version.split('+')[0]}"
        for item in distributions()
        if item.name.lower() not in SKIPPED
    }
    pins = sorted(found, key=str.lower)
    Path("requirements.lock").write_text("".join(f"{pin}\n" for pin in pins), encoding="utf-8")
    listed = "".join(f"      - {pin}\n" for pin in pins)
    Path("workflow/envs/startsimple.yaml").write_text(HEADER + listed, encoding="utf-8")


if __name__ == "__main__":
    main()
