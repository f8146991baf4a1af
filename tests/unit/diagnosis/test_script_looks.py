"""What is looked at in scripts alone: rows that are scored, loaders that are read."""

import pytest

from startsimple.diagnosis.building import build_case
from startsimple.diagnosis.detectors.metrics import disagrees, no_validation, out_of_range
from startsimple.diagnosis.experiment import Outcome
from startsimple.diagnosis.finding import Finding
from startsimple.diagnosis.remedies.chance import trained_steadily, validated_steadily
from startsimple.diagnosis.remedies.remedy import Mend, first_of
from startsimple.diagnosis.remedies.rows import one_distribution

SCORED = """
X, Y = torch.randn(300, {columns}), torch.randint(0, 2, (300,))
model = nn.Linear({columns}, 2)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for rows in torch.arange(200).split(20):
        opt.zero_grad()
        F.cross_entropy(model(X[rows]), Y[rows]).backward()
        opt.step()
    with torch.no_grad():
        for part in ({parts}):
            score = (model(X[part]).argmax(1) == Y[part]).float().mean()
"""
TRAIN, TEST = "torch.arange(200)", "torch.arange(200, 300)"


@pytest.mark.parametrize(
    ("columns", "parts", "faults"),
    [
        (4, f"{TRAIN},", ["O15"]),
        (4, f"{TRAIN}, {TEST}", []),
        (4, f"{TEST}, {TRAIN}", []),
        (2, f"{TRAIN},", []),  # A curve over a plane, drawn where it was fitted.
    ],
)
def test_a_script_that_scores_training_rows_alone_has_no_validation(
    observe, columns, parts, faults
):
    case = build_case(*observe(SCORED.format(columns=columns, parts=parts)))
    assert [finding.fault for finding in no_validation(case)] == faults


AUGMENTED = """
from torch.utils.data import DataLoader, Dataset
class Rows(Dataset):
    def __init__(self, start, stop, augment):
        self.x, self.y, self.augment = 2 * X[start:stop], (X[start:stop, 0] > 0).long(), augment
    def __len__(self):
        return len(self.y)
    def __getitem__(self, i):
        return self.x[i] + (6 * torch.randn(4) if self.augment else 0), self.y[i]
train = DataLoader(Rows(0, 80, {train}), 20, shuffle=True)
val = DataLoader(Rows(80, 120, {val}), 40)
model = net()
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(20):
    model.train()
    for x, y in train:
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        for x, y in val:
            score = (model(x).argmax(1) == y).float().mean()
"""


@pytest.mark.parametrize(
    ("fault", "train", "val", "remedy"),
    [("D14", False, True, validated_steadily), ("D13", True, False, trained_steadily)],
)
def test_a_scripts_loaders_are_read_without_their_augmentation(observe, fault, train, val, remedy):
    case = build_case(*observe(AUGMENTED.format(train=train, val=val)))
    read = case.trace.facts["read"]
    assert (len(read.train.dataset), len(read.val.dataset)) == (80, 40)
    case.outcome = Outcome(case.observed.score, 0.0, 0.9, harmed=True)
    assert remedy(case, Finding(fault, 0.9, [])).fixed


def test_a_script_without_loaders_has_read_none(observe):
    case = build_case(*observe(SCORED.format(columns=4, parts=f"{TRAIN}, {TEST}")))
    assert case.trace.facts["read"] is None
    assert trained_steadily(case, Finding("D13", 0.9, [])) is None


SORTED = """
X = X[X[:, 0].argsort()]
W = X[:, :1].abs()
model = net()
model[2] = nn.Linear(8, 1)
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(40):
    for rows in torch.arange(80)[torch.randperm(80)].split(20):
        opt.zero_grad()
        F.mse_loss(model(X[rows]), W[rows]).backward()
        opt.step()
with torch.no_grad():
    error = F.mse_loss(model(X[80:]).squeeze(1), W[80:].squeeze(1))
"""


def test_validation_targets_take_the_shape_of_those_of_training(observe):
    case = build_case(*observe(SORTED))
    assert [t.shape for b in case.lab.held for t in b.targets] == [(40, 1)]
    case.outcome = Outcome(case.observed.score, 0.0, 0.9, harmed=True)
    assert one_distribution(case, Finding("D12", 0.9, [])).fixed


def test_a_change_that_fails_on_a_copy_does_not_end_the_others(observe):
    case = build_case(*observe(AUGMENTED.format(train=False, val=True)))
    case.outcome = Outcome(0.1, 0.1, 0.9, harmed=True)

    def broken():
        raise RuntimeError("no such axis")

    def whole(mended):
        return True

    mends = [
        Mend("nothing", modes=(broken,), gone=whole),
        Mend("steady rows", held=case.lab.train, logical=True, afresh=True),
    ]
    assert first_of(case, mends).fixed


PRINTED = """
hard = torch.rand(300) < 0.3
X, Y = torch.randn(300, 4), torch.arange(300) % 2
X[:, 0] += 4 * torch.where(hard & (torch.arange(300) >= 200), 1 - Y, Y)
model = nn.Linear(4, 2)
opt = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(10):
    for rows in torch.arange(200).split(20):
        opt.zero_grad()
        F.cross_entropy(model(X[rows]), Y[rows]).backward()
        opt.step()
    with torch.no_grad():
        score, other = (
            (model(X[part]).argmax(1) == Y[part]).float()
            for part in (torch.arange(200), torch.arange(200, 300))
        )
    print(f"{said}")
"""


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ("acc {score.mean():.3f} val acc {other.mean():.3f}", []),
        ("acc {score.mean():.3f}", []),
        ("train acc {score.mean():.3f}", []),
        ("val acc {score.mean():.3f}", ["O17"]),
        ("val acc {100 * other.mean():.2f} %", []),
        ("val acc {other.sum():.1f}", []),  # Of a hundred rows: a percentage.
        ("val acc {score.sum():.1f}", ["O17"]),
    ],
)
def test_what_a_script_prints_is_held_against_its_answers(observe, said, faults):
    case = build_case(*observe(PRINTED.format(said=said)))
    found = [f.fault for look in (disagrees, out_of_range) for f in look(case)]
    assert sorted({*found}) == faults
