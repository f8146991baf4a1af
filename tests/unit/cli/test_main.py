"""The command: every mistake ends in one sentence and the right exit status."""

import pytest

from startsimple.cli.main import COMMANDS, main
from startsimple.schema.canonical import write_json


def test_help_lists_the_commands(capsys):
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in COMMANDS)
    assert main([]) == 3


def test_an_unknown_command_is_a_usage_error_that_names_the_nearest(capsys):
    assert main(["diagnos"]) == 3
    assert capsys.readouterr().err == (
        "startsimple: no command 'diagnos'. Did you mean 'diagnose'? "
        f"Valid: {', '.join(sorted(COMMANDS))}.\n"
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_a_command_succeeds_and_a_missing_argument_is_a_usage_error(name, capsys):
    assert main([name, "--help"]) == 0
    assert main([name, "--no-such-option"]) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_an_unknown_run_names_the_nearest(tmp_path, monkeypatch, capsys):
    write_json(tmp_path / "results" / "digits_mlp" / "config.json", {})
    monkeypatch.chdir(tmp_path)
    assert main(["ladder", "digits_mpl"]) == 1
    assert "Did you mean 'digits_mlp'?" in capsys.readouterr().err


def test_pinning_an_unknown_experiment_is_refused(tmp_path, monkeypatch, capsys):
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert main(["pin", "digits"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("startsimple: No experiment is named 'digits'") and told.count("\n") == 1
