"""The files of shards: none by default, and each round waits for the one before it."""

from types import SimpleNamespace

import pytest
from tests.unit.cli.test_plan import plan, root, template  # noqa: F401

from startsimple.cli.shards import Shards
from startsimple.schema.errors import UserError


def test_one_shard_asks_for_no_jobs(root):  # noqa: F811
    assert Shards(plan(root)).all() == []


def test_every_round_waits_for_the_one_before(root):  # noqa: F811
    shards = Shards(plan(root, shards=2))
    files = shards.all()
    place = "results/digits_mlp/trials"
    assert files[:2] == [f"{place}/coarse_1of2.json", f"{place}/coarse_2of2.json"]
    assert len(files) == 14
    earlier = shards.earlier()
    assert earlier(SimpleNamespace(round="coarse")) == []
    assert earlier(SimpleNamespace(round="widened")) == files[:2]
    assert earlier(SimpleNamespace(round="bayesian-2")) == files[6:8]
    assert earlier(SimpleNamespace(round="contest")) == files[10:12]


def test_the_number_of_shards_is_no_part_of_run_or_slice(root):  # noqa: F811
    one, three = plan(root), plan(root, shards=3)
    assert one.run == three.run
    assert one.slice_of("tune") == three.slice_of("tune")
    assert one.digests_of("tune") == three.digests_of("tune")


@pytest.mark.parametrize("count", [0, -1, "many", 1.5])
def test_a_number_that_is_none_is_refused(root, count):  # noqa: F811
    with pytest.raises(UserError, match="shards"):
        plan(root, shards=count)
