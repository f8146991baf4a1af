rule report:
    input:
        verdicts=PLAN.reached(checkpoints),
        diagnosis=PLAN.diagnosis(checkpoints),
    output:
        page="results/{run}/report.html",
    log:
        "results/{run}/report.log",
    params:
        code=PLAN.code_of("startsimple.report.page"),
    message:
        "report: every claim with its number, its threshold and its evidence"
    shell:
        "python scripts/report.py --run {wildcards.run} > {log} 2>&1"


rule track:
    input:
        verdicts=PLAN.reached(checkpoints),
    output:
        record="results/{run}/tracking.json",
    log:
        "results/{run}/tracking.log",
    params:
        config=PLAN.tracking(),
    message:
        "track: mirror the climb into MLflow"
    shell:
        "python scripts/track.py --run {wildcards.run} 2> {log}"
