"""JSON in short form says the very same."""

import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compresskit.content.compact.json_notation import compact, head_of
from compresskit.content.compact.json_reader import expand
from compresskit.tokens.tiktoken_counter import counter_for

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=12) | st.sampled_from(
    ["A(1, 2)", "- x", "a: b", "1", "-0", "true", "null", "a = (b)", " x", "x\n", '"', "…", "|", "|-", "| x", "ok=1"]
)
long_texts = st.lists(texts, min_size=20, max_size=40).map("\n".join) | st.builds(lambda text: text * 100, texts)
keys = st.sampled_from(["id", "name", "a b", "A", "-", "", "x:y", "ok"]) | st.text(max_size=6)
values = st.recursive(
    scalars | texts | long_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=30,
)
records = st.lists(
    st.tuples(st.integers(), texts, st.sampled_from([True, True, True, 1, "true"])).map(
        lambda row: {"id": row[0], "name": row[1], "ok": row[2]}
    ),
    min_size=2,
    max_size=12,
)
people = st.fixed_dictionaries({"name": texts}, optional={"age": scalars, "note": texts, "last.name": texts})
rows_of_lists = st.lists(st.lists(scalars | texts, min_size=3, max_size=3), min_size=3, max_size=9)
members = st.dictionaries(keys | texts, people | st.fixed_dictionaries({"a": scalars, "b": texts}), min_size=3)
columns = st.dictionaries(keys, st.lists(scalars | texts, min_size=5, max_size=5), min_size=2, max_size=4)
tables = st.lists(
    st.fixed_dictionaries(
        {"id": scalars | texts, "user": people | st.none()},
        optional={
            "who": people,
            "tags": st.lists(scalars | texts | people, max_size=3),
            "zip": st.just("0123") | texts,
        },
    ),
    min_size=2,
    max_size=12,
)
alike = st.tuples(tables, st.integers(1, 5)).map(lambda part: [row for row in part[0] for _ in range(part[1])])
answers = st.builds(lambda rows, more, rest: {"data": {"rows": rows, **more}, **rest}, tables, *[
    st.dictionaries(keys, values, max_size=2)] * 2)  # fmt: skip


@given(
    values | records | tables | alike | answers | rows_of_lists | members | columns
    | st.dictionaries(keys, records | rows_of_lists | members | columns | alike, max_size=4)
)  # fmt: skip
def test_what_is_said_briefly_is_the_very_same_value(value):
    short = compact(json.dumps(value))
    if short is not None:
        assert json.dumps(expand(short), sort_keys=True) == json.dumps(value, sort_keys=True)


@given(records)
def test_repeated_records_are_said_briefly(value):
    short = compact(json.dumps(value))
    assert short is not None
    head, rows = short[: head_of(short)], short[head_of(short) :].split("\n")
    assert head.startswith("(id")
    assert head.count("\n") == head.count("name") == 1
    assert sum(int(row.split("× ")[0]) if re.match(r"\d+× ", row) else 1 for row in rows) == len(value)


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "plain", '{"a": 1, "a": 2}', "[]", "7", "[" * 100_000])
def test_what_is_no_plain_json_is_left_alone(text):
    assert compact(text) is None


def test_what_nearly_all_records_have_is_said_once():
    value = [{"id": n, "plan": "gold" if n == 7 else "free", "region": "eu"} for n in range(20)]
    short = compact(json.dumps(value))
    assert short.split("\n")[0] == "(id,plan=free,region: eu)"
    assert [row for row in short.split("\n") if "gold" in row] == ["7,gold"]
    assert expand(short) == value


def test_json_lines_are_a_list_of_records():
    value = [{"id": n, "state": "ok"} for n in range(9)]
    assert compact("\n".join(map(json.dumps, value)) + "\n") == compact(json.dumps(value))


def test_long_strings_stand_on_lines_of_their_own():
    body = "".join(f'line {n} says "hello"\n\n' for n in range(20))
    value = [{"id": n, "body": body + str(n), "ok": True} for n in range(3)]
    short = compact(json.dumps(value))
    assert '\n line 7 says "hello"\n \n line 8' in short
    assert short.count("\n0,|\n") == 1
    assert expand(short) == value


WORDS = ["river", "stone", "valve", "north", "open", "table", "green", "paper", "metal", "fast", "light", "early"]


def text(rng, least, most):
    return " ".join(rng.choices(WORDS, k=rng.randint(least, most)))


CELLS = {  # of the row with this number
    "id": lambda _, row: 1000 + row,
    "float": lambda rng, _: round(rng.random() * 10 ** rng.randint(0, 4), 2),
    "bool": lambda rng, _: rng.random() < 0.7,
    "word": lambda rng, _: rng.choice(WORDS),
    "words": lambda rng, _: text(rng, 2, 6),
    "long text": lambda rng, _: text(rng, 20, 60),
    "lines": lambda rng, _: "\n".join(text(rng, 3, 9) for _ in range(rng.randint(1, 4))),
    "constant": lambda *_: "2026-01-01",
    "mostly": lambda rng, _: "late" if rng.random() < 0.1 else "in time",
    "null or word": lambda rng, _: rng.choice([None, None, *WORDS]),
    "null or empty": lambda rng, _: rng.choice([None, "", "word"]),
    "date": lambda rng, _: f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
    "mail": lambda rng, row: f"{rng.choice(WORDS)}{row}@example.com",
    "url": lambda rng, row: f"https://example.org/{rng.choice(WORDS)}/{row}?ref={rng.choice(WORDS)}&r=1",
    "digits": lambda rng, _: str(rng.randint(0, 99999)),
    "zip": lambda rng, _: f"{rng.randint(0, 99999):05}",
    "version": lambda rng, _: f"{rng.randint(0, 9)}.{rng.randint(0, 20)}",
    "true or 1": lambda rng, _: rng.choice([1, "1", True, "true", None, "null", 2.5, "x, y", "a=b", "(x)"]),
    "quotes": lambda rng, _: f'he said "{rng.choice(WORDS)}", then {rng.choice(WORDS)}',
    "commas": lambda rng, _: f"{rng.choice(WORDS)}, {rng.choice(WORDS)}",
    "code": lambda rng, row: f"f({rng.choice(WORDS)}, y={row}) {{",
    "colon": lambda rng, _: f"{rng.choice(WORDS)}: {rng.choice(WORDS)}",
    "other script": lambda rng, _: rng.choice(["東京", "Köln", "القاهرة", "Łódź"]),
    "list": lambda rng, _: rng.choices(WORDS, k=rng.randint(0, 3)),
    "numbers": lambda rng, _: [rng.randint(0, 9), rng.randint(0, 99)],
    "records": lambda rng, row: [{"sku": f"S{rng.randint(0, 99)}", "qty": row} for _ in range(rng.randint(1, 3))],
    "record": lambda rng, row: {"city": rng.choice(WORDS), "at": {"x": row, "y": rng.random()}},
    "record or null": lambda rng, row: {"id": row, "by": rng.choice(WORDS)} if row % 3 else None,
}
PLAIN = ["id", "float", "bool", "word", "words", "constant", "mostly", "null or word", "date", "mail", "url"]
KINDS_OF_TABLES = {  # the kinds of cells, and the share of the records that have no such key
    "plain": (PLAIN, 0),
    "missing keys": (PLAIN, 0.3),
    "few keys each": (PLAIN, 0.8),
    "numbers as strings": (["id", "digits", "zip", "version", "word"], 0),
    "strings that look alike": (["true or 1", "null or empty", "word"], 0),
    "records within records": ([*PLAIN, "record", "record or null"], 0.1),
    "lists": ([*PLAIN, "list", "numbers", "records"], 0),
    "texts": (["id", "word", "long text", "lines"], 0),
    "signs": (["id", "quotes", "commas", "code", "colon", "url"], 0),
    "other scripts": (["id", "other script", "word"], 0),
    "everything": (list(CELLS), 0.2),
}


def made_rows(rng, kinds, missing, count):
    columns = [(f"{rng.choice(WORDS)}_{number}", CELLS[rng.choice(kinds)]) for number in range(rng.randint(2, 9))]
    absent = [missing * rng.random() for _ in columns]
    return [
        {"key": row}
        | {name: cell(rng, row) for (name, cell), share in zip(columns, absent, strict=True) if rng.random() >= share}
        for row in range(count)
    ]


def as_csv(rows):
    """The same values as a table of commas from which they can be read, records within records as columns.

    An empty cell has one meaning in a column, the one that it has most often. A string that looks like a number or
    literal has quotes in a column that has such values too.
    """

    def flat(row, path=""):
        for key, value in row.items():
            yield from flat(value, f"{path}{key}.") if isinstance(value, dict) else [(path + key, value)]

    cells = [dict(flat(row)) for row in rows]
    names = list(dict.fromkeys(name for row in cells for name in row))
    lines = [names, *([] for _ in rows)]
    for name in names:
        values = [row.get(name, ...) for row in cells]
        empty = max((..., None, ""), key=values.count)
        mixed = any(isinstance(value, int | float) for value in values)
        for line, value in zip(lines[1:], values, strict=True):
            if value == empty and type(value) is type(empty):
                line.append("")
            elif isinstance(value, str):
                quoted = not value or any(sign in value for sign in ',"\n') or (mixed and looks_like_a_value(value))
                line.append('"' + value.replace('"', '""') + '"' if quoted else value)
            elif isinstance(value, list):
                line.append('"' + json.dumps(value, separators=(",", ":")).replace('"', '""') + '"')
            else:
                line.append("-" if value is ... else json.dumps(value))
    return "".join(",".join(line) + "\n" for line in lines)


def looks_like_a_value(text):
    try:
        return not isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


@pytest.mark.parametrize("kind", KINDS_OF_TABLES)
@pytest.mark.parametrize("shape", ["records", "turned keys", "members", "envelope", "lists"])
def test_records_cost_no_more_than_a_table_of_commas(kind, shape):
    count = counter_for("o200k_base").count
    ours = commas = 0
    for seed in range(20):
        rng = random.Random(f"{kind} {seed}")
        rows = made_rows(rng, *KINDS_OF_TABLES[kind], rng.choice([5, 12, 40, 100]))
        if shape == "turned keys":
            rows = [dict(rng.sample(list(row.items()), len(row))) for row in rows]
        value, table = rows, as_csv(rows)
        if shape == "members":
            value = {f"k{number}": row for number, row in enumerate(rows)}
            table = as_csv([{"": key, **row} for key, row in value.items()])
        elif shape == "envelope":
            value = {"total": 9, "data": {"items": rows}}
            table = f"total: 9\ndata.items:\n{table}"
        elif shape == "lists":
            names = sorted({name for row in rows for name in row})
            value = [[row.get(name) for name in names] for row in rows]
            table = as_csv([dict(zip(names, row, strict=True)) for row in value]).partition("\n")[2]
        short = compact(json.dumps(value))
        assert expand(short) == value
        cost, limit = count(short), count(table)
        assert cost <= 1.03 * limit + 8, (seed, short, table)
        ours += cost
        commas += limit
    assert ours <= 1.01 * commas


def test_one_object_of_numbers_costs_no_more_than_a_table_of_commas():
    count = counter_for("o200k_base").count
    for seed in range(20):
        rng = random.Random(seed)
        names = rng.sample(WORDS, 5)
        value = {f"{one}_{other}": rng.randrange(10**4) for one in names for other in names}
        table = "key,value\n" + "".join(f"{key},{number}\n" for key, number in value.items())
        short = compact(json.dumps(value))
        assert expand(short) == value
        assert count(short) <= count(table)


def test_a_time_or_an_address_before_a_number_is_no_key():
    rows = [{"at": f"{at}:{n}", "n": n} for n, at in enumerate(["10", "localhost", "h2", "a b", "7a", "x-"])]
    for value in (rows, {"rows": rows, "n": 1}, {at["at"]: 1 for at in rows}, {"10": 1, "a": -1, "a b": 1.5, "c1": 2}):
        assert expand(compact(json.dumps(value))) == value


def test_what_looks_alike_stays_apart():
    rows = [{"id": n, "v": v} for n, v in enumerate([1, "1", None, "null", "", True, "true", [], {}, "- x", "|"])]
    short = compact(json.dumps([*rows, {"id": 99}]))
    said = short.split("\n")[1:]
    assert len({row.partition(",")[2] for row in said}) == len(said)


def test_the_same_row_again_is_counted():
    rows = [{"host": "a", "state": "up"}] * 5 + [{"host": "b", "state": "up"}] + [{"host": "a", "state": "up"}] * 2
    assert compact(json.dumps(rows)).split("\n")[1] == "5× a"
    assert expand(compact(json.dumps(rows))) == rows
