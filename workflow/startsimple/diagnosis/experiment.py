"""The experiment: how far the program falls short, and which of its parts carries the loss."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from startsimple.diagnosis.case import Case
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.intervention import Attribution, Intervention
from startsimple.diagnosis.interventions import all_interventions, fresh, targets
from startsimple.diagnosis.interventions.longer import FACTOR
from startsimple.diagnosis.interventions.longer import applies as applies_longer
from startsimple.diagnosis.lab import STEP_CAP
from startsimple.diagnosis.setup import Run, Setup
from startsimple.program.clock import worked

# Fitted on the project's own faults and their correct twins; see results/faults.md.
GAP = 0.12
RELATIVE = 0.80
LEARNS = 0.5
CATCHES_UP = 0.6
LONGER = 4.0
NAMED = 0.15
GOOD = Setup(inputs=True, targets=True, bare=True, loss=True, unregularised=True)
GOOD_RATES = (1e-2, 1e-3)
RESTORED = 0.9
ENOUGH = 0.9
UNCLEAR = 0.3
CERTAIN = 0.95
STUCK = 0.6


@dataclass
class Trial:
    """One intervention as it was tried, for the record.

    Attributes:
        name: The intervention.
        fault: What it points at.
        alone: Score of the program with only this part swapped; None if not run.
        without: Score of the known-good program with the program's own part put back.
        belief: Share of the lost score that this part explains (0 to 1).
        cost: Seconds that its runs took.
    """

    name: str
    fault: str
    alone: float | None
    without: float | None
    belief: float
    cost: float


@dataclass
class Outcome:
    """What the experiment showed.

    Attributes:
        observed: Score of the program's own run.
        replayed: Score of the program replayed in a careful loop.
        ceiling: Best score that any known-good setup reached.
        harmed: Whether the program falls materially short.
        loop: Share of the lost score that the careful loop alone restores.
        findings: Suspects, unranked.
        trials: Everything that was tried.
    """

    observed: float
    replayed: float
    ceiling: float
    harmed: bool
    loop: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)

    @property
    def scored(self) -> bool:
        """Whether the program's own run could be scored."""
        return not math.isnan(self.observed)


def own_end(case: Case) -> bool:
    """Say whether the program ended training itself, within the steps that can be replayed."""
    trace = case.trace
    chosen = trace.facts.get("loaders") is None or trace.facts.get("declared", False)
    whole = not trace.ended_early and not trace.error
    return bool(chosen and whole and 0 < len(trace.steps) <= STEP_CAP)


class Experiment:
    """Swaps parts of one program, as long as that can still change the ranking."""

    def __init__(self, case: Case, deadline: float) -> None:
        self.case, self.lab, self.deadline = case, case.lab, deadline
        self.good = GOOD
        self.outcome = Outcome(0.0, 0.0, 0.0, harmed=False)
        self.slow = False

    def run(self) -> Outcome:
        """Measure the shortfall; if there is one, find out which part carries it."""
        case, lab, outcome = self.case, self.lab, self.outcome
        if case.program.task.kind == "other":
            return outcome
        base = lab.run(Setup())
        known = [lab.run(replace(self._good(), adam=rate)) for rate in GOOD_RATES]
        network = next(i for i in all_interventions() if i.attribute.__module__.endswith("network"))
        if network.applies(case):
            known += [lab.run(Setup(**variant)) for variant in network.variants]
        self.good = max(known[: len(GOOD_RATES)], key=lambda run: run.score).setup
        if fresh.applies(case) and max(run.score for run in [base, *known]) < STUCK:
            known += [lab.run(replace(setup, fresh=True)) for setup in (Setup(), self.good)]
        outcome.observed, outcome.replayed = case.observed.score, base.score
        if not outcome.scored:
            case.notes.append("outputs and targets have no common shape: nothing was swapped")
            return outcome
        scores = [run.score for run in [case.observed, base, *known]]
        outcome.ceiling = max(score for score in scores if not math.isnan(score))
        outcome.harmed = self._harmed()
        lost = outcome.ceiling - outcome.observed
        if (outcome.harmed or self.slow) and lost > 0:
            outcome.loop = max(0.0, min(1.0, (base.score - outcome.observed) / lost))
            applying = [i for i in all_interventions() if i.applies(case)]
            # Parts that are measurably off come first, for time may not suffice for all.
            for intervention in sorted(applying, key=self._looks_right):
                if self._settled():
                    break
                # The default network has run already: to look at it costs little more.
                if worked() <= self.deadline or intervention is network:
                    self._try(intervention)
        return outcome

    def _looks_right(self, intervention: Intervention) -> bool:
        return not intervention.attribute(self.case, intervention.variants[0]).trait

    def _settled(self) -> bool:
        """Whether one part explains everything, so that no other can change the ranking."""
        full = RELATIVE * self.outcome.ceiling
        if self.outcome.loop > ENOUGH:  # Only the program's own loop is left to blame.
            return True
        return any(t.belief > ENOUGH and (t.alone or 0) >= full for t in self.outcome.trials)

    def _good(self) -> Setup:
        # A program of very few steps is compared with one that has enough of them.
        longer = FACTOR if applies_longer(self.case) else 1.0
        return replace(GOOD, longer=longer)

    def _harmed(self) -> bool:
        outcome = self.outcome
        # What lies a little below chance is at chance.
        observed = 0.0 if -GAP < outcome.observed < 0 else outcome.observed
        short = outcome.ceiling - observed > GAP
        if not short or outcome.observed >= RELATIVE * outcome.ceiling:
            return False
        if outcome.observed < LEARNS * outcome.ceiling:
            return True
        if applies_longer(self.case):  # So few steps by its own choice are the fault itself.
            return True
        # A program that learns, and gets there by itself with more steps, is only unfinished.
        later = self.lab.run(Setup(longer=LONGER)).score
        gained = (later - outcome.replayed) / max(outcome.ceiling - outcome.replayed, 1e-9)
        # Yet where the program chose that end itself, some part may be what makes it slow.
        self.slow = gained >= CATCHES_UP and own_end(self.case)
        # Targets that outputs take thousands of steps to reach are what makes it slow.
        return gained < CATCHES_UP or targets.far_off(self.case)

    def _try(self, intervention: Intervention) -> None:
        start, outcome, lab = worked(), self.outcome, self.lab
        best: tuple[float, Mapping[str, Any], Run] | None = None
        for variant in intervention.variants:
            setup = intervention.swapped(Setup(), variant)
            if worked() > self.deadline and setup not in lab.runs:
                break
            run = lab.run(setup)
            gain = self._share(run.score, lab.run(Setup()).score)
            if best is None or gain > best[0] + 0.02:
                best = (gain, variant, run)
            if gain > ENOUGH:
                break
        if best is None:
            return
        if best[0] < UNCLEAR and len(intervention.variants) > 1 and intervention.good:
            best = (best[0], self._mending(intervention), best[2])
        cause = intervention.attribute(self.case, best[1])
        drop, without = self._necessity(intervention, best[1], seen=cause.trait)
        # The default network swaps everything at once: that it learns says nothing alone.
        whole = "default" in best[1] and not (cause.trait and drop > 0)
        gain = drop if whole else best[0]
        belief = 0.5 * gain + 0.5 * drop
        if cause.trait:
            belief = max(belief, gain)
        seconds = worked() - start
        alone = best[2].score
        outcome.trials.append(
            Trial(intervention.name, cause.fault, alone, without, belief, seconds)
        )
        if belief * cause.weight >= NAMED:
            remedy = intervention.swapped(Setup(), best[1])
            outcome.findings.append(
                self._finding(intervention, cause, belief, alone, without, remedy)
            )

    def _necessity(
        self, intervention: Intervention, variant: Mapping[str, Any], *, seen: bool = False
    ) -> tuple[float, float | None]:
        """Return how much the known-good program loses by the program's own part.

        Of an architecture that is seen to be off, a smaller loss is proof enough.
        """
        lab, ceiling = self.lab, self.outcome.ceiling
        good = lab.run(self.good).score
        if intervention.good:
            broken = intervention.reverted(self.good)
            without = lab.run(broken).score
            if good - without < GAP / 2:
                return 0.0, without
            lost = (good - without) / max(good - min(self.outcome.replayed, without), 1e-9)
            mended = lab.run(intervention.swapped(broken, variant)).score
            back = (mended - without) / (good - without)
            return max(0.0, min(1.0, lost * min(back, 1.0))), without
        if "default" in variant:
            # An architecture is at fault only if it fails with everything else right, and time.
            longer = replace(self.good, longer=max(LONGER, self.good.longer))
            own = max(good, lab.run(longer).score) if good < RELATIVE * ceiling else good
            short = ceiling - own > GAP and own < RELATIVE * ceiling
            short |= seen and ceiling - own > GAP / 2
            lost = ceiling - min(own, self.outcome.observed)
            return ((ceiling - own) / max(lost, 1e-9) if short else 0.0), own
        if good >= RELATIVE * ceiling:
            return 0.0, good
        mended = lab.run(intervention.swapped(self.good, variant)).score
        return max(0.0, min(1.0, (mended - good) / max(ceiling - good, 1e-9))), good

    def _mending(self, intervention: Intervention) -> Mapping[str, Any]:
        """Return the variant that mends the known-good setup with the program's own part in it."""
        broken = intervention.reverted(self.good)
        scores = [
            (self.lab.run(intervention.swapped(broken, variant)).score, variant)
            for variant in intervention.variants
            if worked() < self.deadline
        ]
        if not scores:
            return intervention.variants[-1]
        # Variants go from the smallest change to the largest: the first good one is the cause.
        best = max(score for score, _ in scores)
        enough = best - (1 - RELATIVE) * abs(best)
        return next(variant for score, variant in scores if score >= enough)

    def _share(self, score: float, base: float) -> float:
        lost = self.outcome.ceiling - base
        return max(0.0, min(1.0, (score - base) / lost)) if lost > GAP / 2 else 0.0

    def _finding(
        self,
        intervention: Intervention,
        cause: Attribution,
        belief: float,
        alone: float,
        without: float | None,
        remedy: Setup,
    ) -> Finding:
        outcome = self.outcome
        shown = (
            f"With {intervention.name} the score goes from {outcome.observed:.2f} to {alone:.2f}"
        )
        rest = f" (best reached {outcome.ceiling:.2f})."
        evidence = [shown + rest]
        if intervention.good and without is not None:
            evidence.append(f"Put back into the known-good setup, it leaves {without:.2f}.")
        if cause.note:
            evidence.append(cause.note[0].upper() + cause.note[1:] + ".")
        verified = alone >= RESTORED * self.lab.attainable(outcome.ceiling)
        score = belief * cause.weight
        if score > CERTAIN:  # Never certain, yet in order.
            score = CERTAIN + 0.03 * min(1.0, score - CERTAIN)
        return Finding(cause.fault, score, evidence, cause.where, False, remedy, verified)
