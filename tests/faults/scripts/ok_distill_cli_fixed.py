#!/usr/bin/env python
import argparse
import logging
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

log = logging.getLogger("distill")


def parse(argv=None):
    ap = argparse.ArgumentParser()
    ap.add_argument("--teacher-epochs", type=int, default=12)
    ap.add_argument("--student-epochs", type=int, default=40)
    ap.add_argument("--temperature", type=float, default=4.0)
    ap.add_argument("--alpha", type=float, default=0.8, help="weight of the soft loss")
    ap.add_argument("--mixup", type=float, default=0.4)
    ap.add_argument("--seed", type=int, default=2024)
    return ap.parse_args(argv)


def get_data(seed):
    d = load_digits()
    x = torch.tensor(d.images / 16.0, dtype=torch.float32).unsqueeze(1)
    y = torch.tensor(d.target)
    tr, va = train_test_split(
        np.arange(len(y)), test_size=0.3, random_state=seed, stratify=d.target
    )
    return x[tr], y[tr], x[va], y[va]


class Teacher(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 24, 3, padding=1, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.Conv2d(24, 48, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(48),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(48 * 16, 10),
        )


class Student(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))


def batches(n, bs):
    p = torch.randperm(n)
    return [c for c in p.split(bs) if len(c) > 1]


@torch.no_grad()
def evaluate(net, x, y):
    was = net.training
    net.eval()
    o = net(x)
    net.train(was)
    return F.cross_entropy(o, y).item(), (o.argmax(1) == y).float().mean().item()


def train_teacher(a, x, y, xv, yv):
    net = Teacher()
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    per = len(batches(len(x), 64))
    sch = torch.optim.lr_scheduler.OneCycleLR(
        opt, 0.1, epochs=a.teacher_epochs, steps_per_epoch=per
    )
    for ep in range(a.teacher_epochs):
        net.train()
        for k, i in enumerate(batches(len(x), 64)):
            lam = float(np.random.beta(a.mixup, a.mixup))
            j = i[torch.randperm(len(i))]
            out = net(lam * x[i] + (1 - lam) * x[j])
            loss = lam * F.cross_entropy(out, y[i]) + (1 - lam) * F.cross_entropy(out, y[j])
            opt.zero_grad()
            loss.backward()
            opt.step()
            sch.step()
            if k % 10 == 0:
                log.info(
                    "T ep=%d it=%d lam=%.2f loss=%.4f lr=%.4f",
                    ep,
                    k,
                    lam,
                    loss.item(),
                    sch.get_last_lr()[0],
                )
        log.info("T ep=%d VAL loss=%.4f acc=%.4f", ep, *evaluate(net, xv, yv))
    return net.eval().requires_grad_(False)


def train_student(a, teacher, x, y, xv, yv):
    net, T = Student(), a.temperature
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    for ep in range(a.student_epochs):
        net.train()
        for k, i in enumerate(batches(len(x), 64)):
            # teacher sees the same jittered picture
            xb = (x[i] + 0.05 * torch.randn_like(x[i])).clamp(0, 1)
            with torch.no_grad():
                soft = F.log_softmax(teacher(xb) / T, 1)
            out = net(xb)
            kd = (
                F.kl_div(F.log_softmax(out / T, 1), soft, reduction="batchmean", log_target=True)
                * T
                * T
            )
            loss = a.alpha * kd + (1 - a.alpha) * F.cross_entropy(out, y[i])
            opt.zero_grad()
            loss.backward()
            opt.step()
            log.debug("S ep=%d it=%d kd=%.4f", ep, k, kd.item())
        if ep % 5 == 4:
            log.info(
                "S ep=%d kd=%.4f VAL loss=%.4f acc=%.4f", ep, kd.item(), *evaluate(net, xv, yv)
            )
    return net


def main():
    logging.basicConfig(
        stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(name)s %(message)s"
    )
    a = parse()
    torch.manual_seed(a.seed)
    np.random.seed(a.seed)
    t0 = time.time()
    data = get_data(a.seed)
    log.info("config %s", vars(a))
    teacher = train_teacher(a, *data)
    student = train_student(a, teacher, *data)
    _, ta = evaluate(teacher, *data[2:])
    _, sa = evaluate(student, *data[2:])
    log.info(
        "done in %.1fs, %d -> %d params",
        time.time() - t0,
        *[sum(p.numel() for p in m.parameters()) for m in (teacher, student)],
    )
    print(f"teacher val_acc {ta:.4f} student val_acc {sa:.4f}")


if __name__ == "__main__":
    main()
