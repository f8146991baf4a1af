checkpoint overfit_batch:
    input:
        below=PLAN.after(checkpoints, "overfit_batch"),
    output:
        verdict="results/{run}/overfit_batch/verdict.json",
    log:
        "results/{run}/overfit_batch/stage.log",
    conda:
        "../envs/startsimple.yaml"
    threads: workflow.cores
    params:
        config=PLAN.slice_of("overfit_batch"),
        digests=PLAN.digests_of("overfit_batch"),
    message:
        "overfit_batch: can one frozen batch be driven to its floor?"
    shell:
        "python scripts/overfit_batch.py --run {wildcards.run} --workers {threads} --log {log}"
