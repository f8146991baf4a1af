checkpoint tune:
    input:
        below=PLAN.after(checkpoints, "tune"),
        trials=SHARDS.all(),
    output:
        verdict="results/{run}/tune/verdict.json",
    log:
        "results/{run}/tune/stage.log",
    conda:
        "../envs/startsimple.yaml"
    threads: workflow.cores
    params:
        config=PLAN.slice_of("tune"),
        digests=PLAN.digests_of("tune"),
    message:
        "tune: is there a gain beyond retraining noise?"
    shell:
        "python scripts/tune.py --run {wildcards.run} --workers {threads} --log {log}"


# Asked for with --config shards=N, as for a cluster: a process of its own costs seconds.
rule trials:
    input:
        below=PLAN.after(checkpoints, "tune"),
        earlier=SHARDS.earlier(),
    output:
        done="results/{run}/trials/{round}_{shard}.json",
    log:
        "results/{run}/trials/{round}_{shard}.log",
    conda:
        "../envs/startsimple.yaml"
    threads: 1
    params:
        config=PLAN.slice_of("tune"),
        digests=PLAN.digests_of("tune"),
    message:
        "trials: {wildcards.round} round, shard {wildcards.shard}"
    shell:
        "python scripts/trials.py --run {wildcards.run} --round {wildcards.round} "
        "--shard {wildcards.shard} --done {output.done} > {log} 2>&1"
