rule diagnose:
    input:
        verdict="results/{run}/{stage}/verdict.json",
    output:
        diagnosis="results/{run}/{stage}/diagnosis.json",
    log:
        "results/{run}/{stage}/diagnosis.log",
    params:
        code=PLAN.code_of("startsimple.cli.gate"),
    conda:
        "../envs/startsimple.yaml"
    message:
        "diagnose: which fault makes {wildcards.stage} fail?"
    shell:
        "python scripts/diagnose.py --run {wildcards.run} --stage {wildcards.stage} "
        "--log {log}"
