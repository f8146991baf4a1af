checkpoint benchmark:
    input:
        below=PLAN.after(checkpoints, "benchmark"),
    output:
        verdict="results/{run}/benchmark/verdict.json",
    log:
        "results/{run}/benchmark/stage.log",
    conda:
        "../envs/startsimple.yaml"
    threads: workflow.cores
    params:
        config=PLAN.slice_of("benchmark"),
        digests=PLAN.digests_of("benchmark"),
    message:
        "benchmark: is a known result reproduced, over seeds?"
    shell:
        "python scripts/benchmark.py --run {wildcards.run} --workers {threads} --log {log}"
