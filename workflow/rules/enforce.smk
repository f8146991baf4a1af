rule enforce:
    input:
        verdicts=PLAN.reached(checkpoints),
        page="results/{run}/report.html",
        tracking="results/{run}/tracking.json",
    output:
        climbed="results/{run}/climbed.txt",
    log:
        "results/{run}/enforce.log",
    conda:
        "../envs/startsimple.yaml"
    message:
        "enforce: did the ladder climb to the top?"
    shell:
        "python scripts/enforce.py --run {wildcards.run} > {output.climbed} 2> {log}"
