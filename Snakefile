# The ladder: each stage proves one assumption, and the first one unproven stops the climb.
from snakemake.utils import min_version

min_version("9.19")


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/simplify.smk"
include: "workflow/rules/default_model.smk"
include: "workflow/rules/overfit_batch.smk"
include: "workflow/rules/benchmark.smk"
include: "workflow/rules/gap.smk"
include: "workflow/rules/tune.smk"
include: "workflow/rules/diagnose.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/track.smk"
include: "workflow/rules/enforce.smk"


rule all:
    default_target: True
    input:
        PLAN.reached(checkpoints),
        f"results/{PLAN.run}/tracking.json",
        f"results/{PLAN.run}/climbed.txt",


onstart:
    start(PLAN)


onsuccess:
    finish(PLAN)


onerror:
    finish(PLAN)
