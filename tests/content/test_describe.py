"""A description is one printable line that says where a text came from and what is in it."""

import json

from fragments import hints, texts
from hypothesis import given
from hypothesis import strategies as st

from compresskit.content import describe, split

SOURCE = """class Model:
    def save(self):
        return 1

    def load(self):
        return 2


def main():
    pass
"""


@given(texts, hints, st.integers(-2, 120))
def test_a_description_is_one_short_printable_line_without_brackets(text, hint, limit):
    words = describe(text, split(text, hint), hint, limit)
    assert len(words) <= max(limit, 0)
    assert words.isprintable()
    assert not set("[]\n") & set(words)


def test_it_names_the_path_and_the_definitions():
    words = describe(SOURCE, split(SOURCE, "src/app/model.py", min_chars=1), "src/app/model.py")
    assert words == "src/app/model.py: Model, main, .save, .load"


def test_it_says_how_many_names_there_was_no_room_for():
    text = "".join(f"def function_number_{number}():\n    pass\n\n" for number in range(40))
    words = describe(text, split(text, "a.py", min_chars=1), "a.py", 60)
    assert words == "a.py: function_number_0, function_number_1, +38 more"


def test_a_long_path_keeps_its_end():
    path = "/home/someone/projects/" + "deep/" * 20 + "model.py"
    assert "/model.py: " in describe(SOURCE, split(SOURCE, path), path)


def test_a_command_is_told_as_it_was_typed():
    hint = json.dumps({"command": 'grep -rn "x" src', "description": "Find x"})
    text = "src/a.py:1:x\nsrc/b.py:2:x\n"
    assert describe(text, split(text, hint), hint) == 'grep -rn "x" src: search: src/a.py, src/b.py'


def test_prose_is_told_by_its_first_words():
    text = "Rush was a Canadian band. It broke up in 2015, after many years on the road."
    assert describe(text, split(text), "", 40) == "prose: Rush was a Canadian band. It bro…"
