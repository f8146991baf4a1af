rule diagnose:
    input:
        verdict="results/{run}/{stage}/verdict.json",
    output:
        diagnosis="results/{run}/{stage}/diagnosis.json",
    log:
        "results/{run}/{stage}/diagnosis.log",
    conda:
        "../envs/startsimple.yaml"
    params:
        code=PLAN.code_of("startsimple.cli.gate"),
    message:
        "diagnose: which fault makes {wildcards.stage} fail?"
    shell:
        "python scripts/diagnose.py --run {wildcards.run} --stage {wildcards.stage} "
        "--log {log}"
