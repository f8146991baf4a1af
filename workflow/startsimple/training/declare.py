"""Refuses a search that cannot be run, before anything is trained (T-01, T-02, T-04)."""

from startsimple.schema.errors import UserError, nearest
from startsimple.schema.searches import SearchConfig
from startsimple.training.search import TUNABLE, bare, choices_of, refuse

SCALES = ("log", "linear")
SEQUENCES = ("sobol", "halton")
SAMPLERS = ("tpe", "gp")

# A single confirmation run would show no spread between seeds.
_LEAST = {
    "coarse_trials": 1,
    "widenings": 0,
    "fine_trials": 0,
    "bayesian_trials": 0,
    "bayesian_batch": 1,
    "trial_steps": 1,
    "halving": 1,
    "keep": 1,
    "confirm_seeds": 2,
    "confirm_steps": 1,
    "checkpoints": 0,
    "probe_steps": 0,
}


def validate(search: SearchConfig) -> None:
    """Refuse a search that cannot be run.

    Raises:
        UserError: If a budget, a name, a bound, a scale or a role is wrong.
    """
    if not search.space or not search.schedules:
        raise UserError("search needs at least one range in search.space and one schedule.")
    for name, least in _LEAST.items():
        if getattr(search, name) < least:
            raise UserError(f"search.{name}={getattr(search, name)} must be at least {least}.")
    for key, options in (("sequence", SEQUENCES), ("sampler", SAMPLERS)):
        if getattr(search, key) not in options:
            raise UserError(f"search.{key}: {nearest(getattr(search, key), options)}")
    _ranges(search)
    _roles(search)


def roles(search: SearchConfig) -> dict[str, str]:
    """Return the role of every name of a study: scientific, nuisance or fixed (T-01)."""
    told = {n: "scientific" if n in search.scientific else "nuisance" for n in _searched(search)}
    return {**told, **dict.fromkeys(search.fixed, "fixed")}


def bayesian_rounds(search: SearchConfig) -> dict[str, int]:
    """Return the batches of the Bayesian search, each a round of its own, and their trials."""
    size, trials = search.bayesian_batch, search.bayesian_trials
    batches = range(0, trials, size)
    return {f"bayesian-{n}": min(size, trials - start) for n, start in enumerate(batches, start=1)}


def sharded(search: SearchConfig) -> list[str]:
    """Return the rounds that shards run, in order."""
    rounds = ["rung"] if search.halving > 1 else []
    rounds += ["coarse"]
    rounds += ["widened"] if search.widenings else []
    rounds += ["fine"] if search.fine_trials else []
    return [*rounds, *bayesian_rounds(search), "final", "contest"]


def _searched(search: SearchConfig) -> list[str]:
    """Return what is searched: every range, and every choice among several."""
    several = [name for name, options in choices_of(search).items() if len(options) > 1]
    return [*sorted(search.space), *several]


def _ranges(search: SearchConfig) -> None:
    numbers = [name for name in TUNABLE if name not in ("schedule", "optimizer")]
    for key, bounds in search.space.items():
        if bare(key) not in numbers:
            raise refuse(key, numbers)
        owner = key.rpartition(".")[0]
        if owner and owner not in search.optimizers:
            raise UserError(
                f"search.space.{key} holds only for the optimiser '{owner}', which "
                f"search.optimizers does not offer. {nearest(owner, search.optimizers or ['none'])}"
            )
        if owner and bare(key) in search.space:
            raise UserError(
                f"search.space has both {bare(key)} and {key}: give each optimiser its own."
            )
        if bounds.scale not in SCALES:
            raise UserError(f"search.space.{key}.scale: {nearest(bounds.scale, SCALES)}")
        if not bounds.low < bounds.high or (bounds.scale == "log" and bounds.low <= 0):
            raise UserError(
                f"search.space.{key}: low={bounds.low} must be below high={bounds.high}, "
                "and positive on a log scale."
            )


def _roles(search: SearchConfig) -> None:
    # A choice that an override has cut down to one option is not searched, and no mistake.
    known = [*sorted(search.space), *choices_of(search)]
    for name in search.scientific:
        if name not in known:
            told = nearest(name, known)
            raise UserError(f"search.scientific: '{name}' is not searched. {told}")
    for name in search.fixed:
        if name in _searched(search):
            raise UserError(f"search.fixed: '{name}' is searched; it cannot be fixed, too.")
