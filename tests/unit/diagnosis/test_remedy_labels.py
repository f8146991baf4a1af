"""Labels in doubt are left out where they are wrong, and classes are weighted alike."""

import numpy as np
import torch
from faulty import rare
from programs import Data, Model, blobs
from test_remedies import case_of, half_random

from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies import labels
from startsimple.diagnosis.tables import Table
from startsimple.program.subject import Task


def test_doubtful_labels_are_left_out_of_training():
    case = case_of(Model(), Data(half_random(blobs(600))))
    finding = Finding("D07", 0.9, ["seen"])
    note = labels.undoubted(case, finding).evidence
    left_out = int(note.split("With ")[1].split()[0])
    assert 120 < left_out < 260  # Some 30 % of the labels are another class's.


def test_doubtful_labels_are_left_out_of_both_splits_where_both_are_wrong():
    case = case_of(Model(), Data(half_random(blobs(600)), half_random(blobs(300, 1))))
    done = labels.undoubted(case, Finding("D07", 0.9, ["seen"], "labels"))
    assert done.fixed and "training and" in done.evidence and "validation rows" in done.evidence


def test_values_that_belong_to_other_rows_are_doubted():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = x @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=400)
    wrong = rng.random(400) < 0.4
    y[wrong] = rng.permutation(y[wrong])
    doubted = labels.doubtful(Table(x, y[:, None]), Task("regression"))
    assert doubted[wrong].mean() > 0.6 and doubted[~wrong].mean() < 0.25


def test_classes_are_sampled_evenly():
    case = case_of(Model(), Data(rare(blobs(900)), rare(blobs(400, 1))))
    drawn = torch.cat([y for _, y in labels.evenly(case)])
    assert 0.4 < float(drawn.float().mean()) < 0.6
