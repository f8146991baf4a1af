"""Import paths in configs: the allowlist holds, and every refusal names what would be valid."""

import pytest

from startsimple.schema.errors import UserError
from startsimple.schema.targets import import_target


def test_a_name_of_torch_or_this_package_is_imported() -> None:
    from startsimple.schema.verdict import judge

    assert import_target("startsimple.schema.verdict.judge") is judge


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("os.system", "outside of what configs may import"),
        ("torchevil.run", "outside of what configs may import"),
        ("startsimple.schema.verdict.judgee", "Did you mean 'judge'?"),
        ("startsimple.schema.verdicts.judge", "Did you mean 'verdict'?"),
        ("startsimple.schema.verdict.SCHEMA", "not a class or a function"),
        ("startsimple.schema.load.is_dataclass", "leads to 'dataclasses'"),
        ("Linear", "not an import path"),
        ("torch.nn.", "not an import path"),
    ],
)
def test_a_wrong_path_is_refused_in_one_sentence(path: str, says: str) -> None:
    with pytest.raises(UserError, match=r"_target_") as caught:
        import_target(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_module_reached_through_another_is_refused() -> None:
    # startsimple.data.store imports os: the allowlist must not be walked through it.
    with pytest.raises(UserError):
        import_target("startsimple.data.store.os.system")


def test_the_user_can_allow_a_prefix(tmp_path, monkeypatch) -> None:
    (tmp_path / "brought_along.py").write_text("def build():\n    return 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="Allow 'brought_along'"):
        import_target("brought_along.build")
    assert import_target("brought_along.build", ["brought_along."])() == 7


def test_an_error_inside_a_module_is_passed_on(tmp_path, monkeypatch) -> None:
    (tmp_path / "broken_inside.py").write_text("import no_such_package\n")
    (tmp_path / "raises_inside.py").write_text("raise RuntimeError('no licence')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="needs 'no_such_package', which is not installed"):
        import_target("broken_inside.build", ["broken_inside"])
    with pytest.raises(UserError, match="fails with RuntimeError: no licence"):
        import_target("raises_inside.build", ["raises_inside"])
    with pytest.raises(UserError, match="no package is named 'not_there'"):
        import_target("not_there.build", ["not_there"])
