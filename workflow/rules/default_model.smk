checkpoint default_model:
    input:
        below=PLAN.after(checkpoints, "default_model"),
    output:
        verdict="results/{run}/default_model/verdict.json",
    log:
        "results/{run}/default_model/stage.log",
    conda:
        "../envs/startsimple.yaml"
    threads: 1
    params:
        config=PLAN.slice_of("default_model"),
        digests=PLAN.digests_of("default_model"),
    message:
        "default_model: does the default model run, start right and move as a whole?"
    shell:
        "python scripts/default_model.py --run {wildcards.run} --workers {threads} --log {log}"
