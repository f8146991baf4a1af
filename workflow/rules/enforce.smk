rule enforce:
    input:
        verdicts=PLAN.reached(checkpoints),
        page="results/{run}/report.html",
        tracking="results/{run}/tracking.json",
    output:
        climbed="results/{run}/climbed.json",
    log:
        "results/{run}/enforce.log",
    message:
        "enforce: did the ladder climb to the top?"
    shell:
        "python scripts/enforce.py --run {wildcards.run} 2> {log}"
