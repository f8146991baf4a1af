rule track:
    input:
        verdicts=PLAN.reached(checkpoints),
    output:
        record="results/{run}/tracking.json",
    log:
        "results/{run}/tracking.log",
    conda:
        "../envs/startsimple.yaml"
    params:
        config=PLAN.tracking(),
    message:
        "track: mirror the climb into MLflow"
    shell:
        "python scripts/track.py --run {wildcards.run} --config {params.config:q} "
        "> {log} 2>&1"
