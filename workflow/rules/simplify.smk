checkpoint simplify:
    input:
        below=PLAN.after(checkpoints, "simplify"),
    output:
        verdict="results/{run}/simplify/verdict.json",
    log:
        "results/{run}/simplify/stage.log",
    conda:
        "../envs/startsimple.yaml"
    threads: 1
    params:
        config=PLAN.slice_of("simplify"),
        digests=PLAN.digests_of("simplify"),
    message:
        "simplify: does a smaller problem exist that must be solvable?"
    shell:
        "python scripts/simplify.py --run {wildcards.run} --workers {threads} --log {log}"
