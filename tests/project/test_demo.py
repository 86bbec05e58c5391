"""scripts/demo: that it shows what it says, that it fails when something does not hold, and how it sets up.

The set-up is tested with a stand-in for pip, so that no test needs the network.
"""

import importlib
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import compresskit

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"


@pytest.fixture
def demo(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("demo")


@pytest.fixture
def material(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("demo_material")


class TestDemo:
    def test_everything_it_shows_holds(self, demo, capsys):
        code = demo.main([])
        shown = capsys.readouterr().out
        assert code == 0, shown
        assert "NO   " not in shown
        assert re.search(r"([\d,]+) tokens are at most the target of 12,000", shown)
        for part in ("git log|files of this repository", "read textwrap.py", "JSON", "test run", "whole request"):
            assert re.search(part, shown), part
        for line in (demo.ASSERTION, demo.SHORTEN, demo.PLACEHOLDER):
            assert line in shown

    def test_the_figures_in_its_table_are_the_librarys(self, demo, material, capsys):
        demo.main(["--target", "15000"])
        shown = capsys.readouterr().out
        before, after = re.search(r"the whole request +([\d,]+) +([\d,]+)", shown).groups()
        talk = material.gather(ROOT)
        total = compresskit.compress(talk.messages, demo.MODEL, trigger=10**9, tools=material.TOOLS)
        assert abs(int(before.replace(",", "")) - total.original_tokens) < 100  # temporary folders have names
        assert int(after.replace(",", "")) <= 15_000

    @pytest.mark.parametrize(
        ("name", "lie", "caught"),
        [
            ("restore", lambda messages, _cache: messages, "restore() gives all"),
            ("answer", lambda _response, _cache: [], "one tool message answers it"),
            ("compress", lambda messages, model, **_: compresskit.compress(messages, model, 2000, 1000), "is readable"),
        ],
        ids=["restore loses text", "answer says nothing", "compress cuts too much"],
    )
    def test_it_fails_if_a_check_fails(self, demo, monkeypatch, capsys, name, lie, caught):
        monkeypatch.setattr(demo, name, lie)
        assert demo.main([]) == 1
        shown = capsys.readouterr().out
        assert re.search(rf"^NO   .*{re.escape(caught)}", shown, re.MULTILINE)
        assert re.search(rf"^failed: .*{re.escape(caught)}", shown, re.MULTILINE)

    def test_a_target_that_cannot_be_met_is_a_failure(self, demo, capsys):
        assert demo.main(["--target", "50"]) == 1
        assert "NO   " in capsys.readouterr().out

    def test_the_conversation_is_real_and_valid(self, material):
        talk = material.gather(ROOT)
        calls = [call for message in talk.messages for call in message.get("tool_calls", ())]
        answered = [message["tool_call_id"] for message in talk.messages if message["role"] == "tool"]
        assert [call["id"] for call in calls] == answered
        assert len(talk.titles) == len(talk.messages)
        texts = [message["content"] or "" for message in talk.messages]
        for line in (material.ASSERTION, material.SHORTEN, material.PLACEHOLDER):
            assert [line in text for text in texts].count(True) == 1, line
            assert line not in texts[-1]

    def test_without_a_repository_the_history_is_a_list_of_files(self, material, tmp_path):
        (tmp_path / "compresskit").mkdir()
        (tmp_path / "compresskit" / "some.py").touch()
        text, title = material.commits(tmp_path)
        assert "some.py" in text
        assert "files" in title


WITH_UV = ["pip --no-compile uv"]  # the step before uv installs the rest


class TestInstall:
    @pytest.fixture
    def repository(self, tmp_path):
        """A copy of the scripts, and a Python whose pip and uv write down what they were asked for."""
        root = tmp_path / "copy of the repository"
        shutil.copytree(SCRIPTS, root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", root)
        (root / "scripts" / "demo.py").write_text("import sys; print('demo', *sys.argv[1:])", encoding="utf-8")
        fake = root / "fake-python"
        fake.write_text(
            f"""#!/usr/bin/env bash
here={str(root)!r}
case "$1 $2" in
  "-m venv") mkdir -p .venv/bin && cp "$here/fake-python" .venv/bin/python && echo venv >>"$here/log" ;;
  "-m pip" | "-m uv") printf '%s\\n' "$2 ${{*: -2}}" >>"$here/log" ;;
  *) exec {sys.executable!r} "$@" ;;
esac
""",
            encoding="utf-8",
        )
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        return root

    def run(self, root, *arguments):
        environment = {**os.environ, "PYTHON": str(root / "fake-python")}
        done = subprocess.run(
            [root / "scripts" / arguments[0], *arguments[1:]],
            capture_output=True,
            text=True,
            env=environment,
            cwd=root.parent,
        )
        log = root / "log"
        steps = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return done, steps

    def test_the_first_run_sets_up_and_the_next_ones_do_not(self, repository):
        done, steps = self.run(repository, "demo", "--target", "9")
        assert (done.returncode, done.stdout) == (0, "demo --target 9\n"), done.stderr
        assert steps == ["venv", *WITH_UV, "uv -e ."]
        assert self.run(repository, "demo")[1] == []

    def test_changed_requirements_are_installed_again(self, repository):
        self.run(repository, "demo")
        with open(repository / "pyproject.toml", "a", encoding="utf-8") as file:
            file.write("# changed\n")
        assert self.run(repository, "demo")[1] == [*WITH_UV, "uv -e ."]

    def test_an_extra_is_installed_where_only_the_package_was(self, repository):
        self.run(repository, "install")
        assert self.run(repository, "install", "dev")[1] == [*WITH_UV, "uv -e .[dev]"]
        assert self.run(repository, "install")[1] == []

    def test_a_virtual_environment_without_its_python_is_made_again(self, repository):
        self.run(repository, "install")
        (repository / ".venv" / "bin" / "python").unlink()
        assert self.run(repository, "install")[1][0] == "venv"

    def test_if_uv_cannot_pip_installs(self, repository):
        fake = repository / "fake-python"
        fake.write_text(fake.read_text().replace("case", '[ "$2" != uv ] || exit 1; case', 1))
        assert self.run(repository, "install")[1] == ["venv", *WITH_UV, "pip -e ."]

    def test_a_failed_install_is_tried_again(self, repository):
        fake = repository / "fake-python"
        good = fake.read_text()
        fake.write_text(good.replace('"-m uv")', '"-m uv") exit 1;'))
        assert self.run(repository, "demo")[0].returncode == 1
        shutil.copy(fake, repository / ".venv" / "bin" / "python")
        (repository / ".venv" / "bin" / "python").write_text(good)
        assert self.run(repository, "demo")[1] == [*WITH_UV, "uv -e ."]
