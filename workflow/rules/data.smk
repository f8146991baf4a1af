checkpoint data:
    input:
        pointer=PLAN.pointer(),
    output:
        verdict="results/{run}/data/verdict.json",
    log:
        "results/{run}/data/stage.log",
    conda:
        "../envs/startsimple.yaml"
    threads: 1
    params:
        config=PLAN.slice_of("data"),
        digests=PLAN.digests_of("data"),
    message:
        "data: are they what their pointer says, and do labels and splits hold?"
    shell:
        "python scripts/data.py --run {wildcards.run} --workers {threads} --log {log}"
