checkpoint tune:
    input:
        below=PLAN.after(checkpoints, "tune"),
    output:
        verdict="results/{run}/tune/verdict.json",
    log:
        "results/{run}/tune/stage.log",
    conda:
        "../envs/startsimple.yaml"
    threads: workflow.cores
    params:
        config=PLAN.slice_of("tune"),
        digests=PLAN.digests_of("tune"),
    message:
        "tune: is there a gain beyond retraining noise?"
    shell:
        "python scripts/tune.py --run {wildcards.run} --workers {threads} --log {log}"
