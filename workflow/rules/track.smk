rule open_tracking:
    output:
        ready=touch("results/mlflow.ready"),
    log:
        "results/mlflow.log",
    conda:
        "../envs/startsimple.yaml"
    params:
        config=PLAN.tracking(),
    message:
        "open_tracking: create the MLflow store beside the first stages"
    shell:
        "python scripts/track.py --config {params.config:q} > {log} 2>&1"


rule track:
    input:
        ready=ancient("results/mlflow.ready"),
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
