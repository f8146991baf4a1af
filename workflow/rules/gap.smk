checkpoint gap:
    input:
        below=PLAN.after(checkpoints, "gap"),
    output:
        verdict="results/{run}/gap/verdict.json",
    log:
        "results/{run}/gap/stage.log",
    conda:
        "../envs/startsimple.yaml"
    threads: workflow.cores
    params:
        config=PLAN.slice_of("gap"),
        digests=PLAN.digests_of("gap"),
    message:
        "gap: where is the error, and how sure is that?"
    shell:
        "python scripts/gap.py --run {wildcards.run} --workers {threads} --log {log}"
