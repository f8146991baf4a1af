"""Train programs of the zoo for their own epochs and write what each one reports into the index.

    python tests/faults/measure.py [PATTERN ...]

Each program is trained by Lightning's Trainer, or, where it is made of plain objects, by the loop
below. The score is the last validation value of the metric that the index names for it.
"""

import argparse
import fnmatch
import importlib.util
import json
import logging
import math
import os
import sys
import time
import warnings
from pathlib import Path

import lightning
import torch

HERE = Path(__file__).parent
INDEX = HERE / "index.json"


def load(path: Path):
    """Import a program from its file under a name of its own."""
    spec = importlib.util.spec_from_file_location(f"zoo_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Data loader workers look their classes up by module name.
    spec.loader.exec_module(module)
    return module


def by_trainer(model, data) -> dict[str, float]:
    trainer = lightning.Trainer(
        max_epochs=model.max_epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(model, data)
    return {name: float(value) for name, value in trainer.callback_metrics.items()}


def by_plain_loop(model, data) -> dict[str, float]:
    optimizer = model.configure_optimizers()
    loader = data.train_dataloader()
    for _ in range(model.max_epochs):
        model.train()
        for i, batch in enumerate(loader):
            optimizer.zero_grad()
            model.training_step(batch, i).backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        results = [model.validation_step(batch, i) for i, batch in enumerate(data.val_dataloader())]
    return {name: sum(float(r[name]) for r in results) / len(results) for name in results[0]}


def score(path: Path, metric: str) -> float | None:
    """Train the program of a file; None if it has no such metric, does not end or is not finite."""
    lightning.seed_everything(0, verbose=False)
    module = load(path)
    try:
        model, data = module.Model(), module.Data()
        train = by_trainer if isinstance(model, lightning.LightningModule) else by_plain_loop
        value = train(model, data).get(metric)
    except (RuntimeError, TypeError, ValueError) as error:
        print(f"  {path.name}: {error}", file=sys.stderr)
        return None
    return round(value, 4) if value is not None and math.isfinite(value) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patterns", nargs="*", default=["*"], help="names of programs to measure")
    patterns = parser.parse_args().patterns
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    index = json.loads(INDEX.read_text())
    for entry in index:
        if not any(fnmatch.fnmatch(entry["name"], pattern) for pattern in patterns):
            continue
        start = time.time()
        entry["score"] = score(HERE / entry["file"], entry["metric"])
        print(f"{entry['name']:32} {entry['score']!s:>9} {time.time() - start:5.1f} s", flush=True)
        INDEX.write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    main()
