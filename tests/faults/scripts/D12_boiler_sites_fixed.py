import numpy as np
import torch
import torch.nn as nn

CFG = dict(epochs=80, bs=64, lr=2e-3, hidden=64, seed=7)


def make_sites(seed):
    r = np.random.RandomState(seed)
    blocks = []
    for site, (shift, scale) in enumerate([(0.0, 1.0), (0.4, 1.1), (-0.3, 0.9), (3.0, 1.8)]):
        z = r.randn(600, 8)
        x = z * scale + shift
        y = (
            1.5 * np.sin(x[:, 0])
            + x[:, 1] * np.tanh(x[:, 2])
            + 0.6 * np.abs(x[:, 3])
            - 0.4 * x[:, 4]
            + 0.1 * r.randn(600)
        )
        blocks.append(np.column_stack([x, y, np.full(600, site)]))
    return np.vstack(blocks).astype(np.float32)


def split(table, seed):
    idx = np.random.RandomState(seed).permutation(len(table))
    return table[idx[600:], :-1], table[idx[:600], :-1]


def main():
    torch.manual_seed(CFG["seed"])
    np.random.seed(CFG["seed"])
    tr, va = split(make_sites(CFG["seed"]), CFG["seed"])
    mu, sd = tr.mean(0), tr.std(0)
    tr, va = torch.from_numpy((tr - mu) / sd), torch.from_numpy((va - mu) / sd)
    net = nn.Sequential(
        nn.Linear(8, CFG["hidden"]),
        nn.SiLU(),
        nn.Linear(CFG["hidden"], CFG["hidden"]),
        nn.SiLU(),
        nn.Linear(CFG["hidden"], 1),
    )
    opt = torch.optim.AdamW(net.parameters(), lr=CFG["lr"], weight_decay=1e-4)
    for ep in range(CFG["epochs"]):
        net.train()
        perm = torch.randperm(len(tr))
        run = 0.0
        for i in range(0, len(tr), CFG["bs"]):
            b = tr[perm[i : i + CFG["bs"]]]
            loss = nn.functional.mse_loss(net(b[:, :8]).squeeze(1), b[:, 8])
            opt.zero_grad()
            loss.backward()
            opt.step()
            run += loss.item() * len(b)
        net.eval()
        with torch.no_grad():
            err = ((net(va[:, :8]).squeeze(1) - va[:, 8]) ** 2).mean().item()
        r2 = 1 - err / va[:, 8].var().item()
        if ep % 5 == 4:
            print(
                f"{ep + 1:3d} | train mse {run / len(tr):.4f} | val mse {err:.4f} | val r2 {r2:.4f}"
            )


if __name__ == "__main__":
    main()
