rule report:
    input:
        verdicts=PLAN.reached(checkpoints),
        diagnosis=PLAN.diagnosis(checkpoints),
    output:
        page="results/{run}/report.html",
    log:
        "results/{run}/report.log",
    conda:
        "../envs/startsimple.yaml"
    params:
        code=PLAN.code_of("startsimple.report.page"),
    message:
        "report: every claim with its number, its threshold and its evidence"
    shell:
        "python scripts/report.py --run {wildcards.run} > {log} 2>&1"
