"""The README and the documentation say what the records say, and the command that makes it so."""

import gzip
import json
import re
import shutil
from xml.etree import ElementTree

import pytest
from made_up_records import bill, estimate, line, needle, record, swe_bench

from evals.__main__ import main as evals_main
from evals.harness import records
from evals.harness.data import DataError
from evals.report import reading
from evals.report.readme import command, filling, main, pictures, recipes, trimming

MADE = {"record": reading.record(swe_bench(), "record")}


def test_all_pages_say_what_the_records_say(capsys):
    """If one does not: python -m evals figures --write (or a record was changed by hand)."""
    assert evals_main(["figures", "--check"]) == 0, capsys.readouterr().out


def test_a_figure_that_changes_is_found_and_written(tmp_path, capsys):
    folder = shutil.copytree(command.RECORDS, tmp_path / "records")
    shutil.copytree(command.ROOT / "docs", tmp_path / "docs")
    shutil.copy(command.ROOT / "README.md", tmp_path / "README.md")
    where = ["--records", str(folder), "--root", str(tmp_path)]
    text = (folder / "agent-points.json").read_text(encoding="utf-8")
    found = json.loads(text)
    for one in found["figures"]:
        if one["compressor"] == "compresskit" and one["group"] == "coding runs":
            one["figures"]["support"] = {"mean": 0.123, "low": 0.1, "high": 0.2, "cases": 43}
    (folder / "agent-points.json").write_text(json.dumps(found), encoding="utf-8")
    assert main(["--check", *where]) == 1
    said = capsys.readouterr()
    assert "+| Coding runs" in said.out
    assert "docs/figures.md differs" in said.err
    assert main(["--write", *where]) == 0
    assert "0.12 [0.10–0.20]" in (tmp_path / "docs" / "figures.md").read_text(encoding="utf-8")
    assert main(["--check", *where]) == 0


def test_all_figures_of_the_templates_are_out_of_records():
    """A template says no share or interval by itself: what looks like one is a place to be filled."""
    for path in command.TEMPLATES.glob("*.md"):
        plain = re.sub(r"\{[^{}]*;[^{}]*\}", "", path.read_text(encoding="utf-8"))
        assert not re.findall(r"\b[01]\.\d\d\b|\[\d", plain), path.name


def test_committed_records_are_small_and_have_no_texts():
    for path in command.RECORDS.glob("*.json"):
        assert path.stat().st_size < 180_000, path.name
        found = records.read(path)
        assert found["trimmed"], path.name
        assert not [key for row in found["rows"] for key in row if key in ("reply", "answer", "messages")], path.name


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("{record; SWE, target 1000; compresskit; lines}", "0.75 [0.65–0.85]"),
        ("{record; SWE, target 1000; compresskit; lines; mean}", "0.75"),
        ("{record; SWE, target 1000; compresskit - litellm; lines; signed}", "+0.25"),
        ("{record; SWE, target 1000; litellm; tokens after; tokens}", "4,000"),
        ("{record; SWE, target 1000; litellm; tokens before; thousands}", "10.0k"),
        ("{record; SWE, target 1000; litellm / compresskit; tokens after; one digit}", "4.0"),
        ("{record; *; litellm; missed; count}", "20"),
        ("{record; *; compresskit; missed; count}", "0"),
        ("{record; SWE, target 1000; litellm; ; cases}", "10"),
        ("{record; package; compresskit}", "0.1.0"),
        ("{record; about; seed}", "0"),
        ("no figure {here}", "no figure {here}"),
    ],
)
def test_a_place_is_filled(place, says):
    assert filling.fill(place, MADE) == says


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("{other; SWE; compresskit; lines}", "no record 'other'"),
        ("{record; SWE; compresskit; lines}", "'compresskit' in 'SWE'"),
        ("{record; SWE, target 1000; compresskit; colour}", "no figure 'colour'"),
        ("{record; SWE, target 1000; compresskit; lines; upside down}", "upside down"),
        ("{record; about; weather}", "weather"),
    ],
)
def test_a_figure_that_is_not_there_is_an_error(place, says):
    with pytest.raises(DataError, match=re.escape(says)):
        filling.fill(place, MADE)


def test_every_template_has_its_place_and_every_place_a_template():
    page = "a\n<!-- figures: x -->\nold\n<!-- end of figures -->\nb\n"
    assert filling.replaced(page, {"x": "new\n"}) == page.replace("old", "new")
    filling.check_places(["no place", page, page], {"x": ""})
    for texts in ({}, {"x": "", "y": ""}):
        with pytest.raises(DataError, match="figures"):
            filling.check_places([page], texts)


def test_a_picture_is_a_file_of_its_own_that_says_its_values():
    found = {"swe-bench-curve": reading.read(command.RECORDS / "swe-bench-curve.json")}
    picture = pictures.picture(pictures.PICTURES["kept-swe-bench"], found)
    kept = found["swe-bench-curve"].line("SWE-bench Lite, target 7000", "compresskit").figures["lines"].mean
    assert f"compresskit, target 7000: {kept:.2f} at " in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", ""), "it loads nothing"
    ElementTree.fromstring(picture)
    with pytest.raises(DataError, match="no record 'agent-points-curve'"):
        pictures.picture(pictures.PICTURES["kept-coding-runs"], found)


def test_a_record_that_is_added_keeps_its_figures_and_what_is_drawn(tmp_path):
    rows = [
        {"case": "a", "group": "SWE", "unit": "a", "compressor": "litellm", "error": "KeyError: 1", "reply": "secret"}
    ]
    for name, made, kept in (("s", swe_bench(rows=rows), 0), ("n", needle(), 72), ("b", bill(), 2)):
        (path := tmp_path / f"{name}.json").write_text(json.dumps(made))
        added = command.add(path, tmp_path / "there")
        found = records.read(added)
        assert found["figures"] == made["figures"]
        assert found["options"] == made["options"]
        assert len(found["rows"]) == kept
        assert f"{len(made['rows']) - kept:,} of {len(made['rows']):,} rows" in found["trimmed"]
        assert trimming.trimmed(found) == found, "added again it stays as it is"
    assert records.read(tmp_path / "there" / "s.json")["failures"] == ["litellm: 1 x KeyError: 1"]
    assert "secret" not in (tmp_path / "there" / "s.json").read_text()


def test_what_is_no_record_is_not_added(tmp_path, capsys):
    (path := tmp_path / "record.json").write_text(
        json.dumps(record("x", [line("a", "b", lines=estimate(float("inf")))]))
    )
    assert main(["--add", str(path), "--records", str(tmp_path / "there")]) == 2
    assert "broken" in capsys.readouterr().err
    assert not (tmp_path / "there").exists()


def test_a_recipe_makes_a_record(tmp_path, monkeypatch, capsys):
    """The real command in a process of its own, over one question."""
    paragraphs = [["Rush", ["Rush is a band."]], ["Oslo", ["Oslo is a city."] * 50]]
    question = {"id": "hotpot-1", "question": "Who is Rush?", "paragraphs": paragraphs, "support": ["Rush is a band."]}
    with gzip.open(tmp_path / "qa_multihop.jsonl.gz", "wt") as out:
        out.write(json.dumps(question) + "\n")
    arguments = ("-m", "evals", "multihop-qa", "--compressors", "head+tail", "--data", str(tmp_path))
    monkeypatch.setattr(
        recipes, "RECIPES", {"quick": recipes.Recipe(arguments, 0.1), "slow": recipes.Recipe((), 1, slow="slow")}
    )
    where = ["--records", str(tmp_path / "there"), "--resume", str(tmp_path / "kept")]
    assert main(["--run", *where]) == 0
    assert "quick.json" in capsys.readouterr().out
    found = reading.read(tmp_path / "there" / "quick.json")
    assert found.line("HotpotQA, one message", "head+tail").cases == 1
    monkeypatch.setattr(recipes, "RECIPES", {"quick": recipes.Recipe(("-c", "1/0"), 0.1)})
    assert main(["--run", "all", *where]) == 0, "a record that was made is not made again"
    assert "made before" in capsys.readouterr().out
    assert main(["--run", "all", "--records", str(tmp_path / "there")]) == 2


def test_recipes_that_cannot_run_say_so(capsys, monkeypatch):
    monkeypatch.delenv("COMPRESSKIT_PEERS", raising=False)
    assert "probes" not in recipes.chosen(["all"], "folder")
    assert "probes is left out" in capsys.readouterr().err
    monkeypatch.setenv("COMPRESSKIT_PEERS", "python")
    assert "swe-bench" not in recipes.chosen([], None)
    assert "--prompts" in capsys.readouterr().err
    assert "swe-bench" in recipes.chosen([], "folder")
    assert recipes.chosen(["all"], "folder") == list(recipes.RECIPES)
    assert "bench" not in recipes.chosen([], "folder")
    assert recipes.chosen(["bench"], None) == ["bench"]
    for names in (["swe-bench"], ["nonsense"], ["all", "needs"]):
        with pytest.raises(DataError):
            recipes.chosen(names, None)


def test_every_recipe_is_a_command_that_there_is():
    for recipe in recipes.RECIPES.values():
        with pytest.raises(SystemExit) as stopped:
            evals_main([recipe.arguments[2], "--help"])
        assert stopped.value.code == 0
