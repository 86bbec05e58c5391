"""Recipes: each line of each of them changes what becomes of a fitting conversation."""

import json
import random

import pytest
from command_line import run

from compresskit import InvalidArgument, compress, restore
from compresskit.rules import recipe
from compresskit.rules.recipes import names, text_of

WORDS = (
    "parser order invoice customer flight market study energy budget window queue retry thread report".split()  # noqa: SIM905
)


def prose(seed, sentences=40, about=""):
    rng = random.Random(seed)
    said = (" ".join(rng.choices(WORDS, k=11)).capitalize() + "." for _ in range(sentences))
    return about + "\n\n".join(" ".join(part) for part in zip(*[said] * 4, strict=False))


def code(seed):
    rng = random.Random(seed)
    names = rng.sample(WORDS, 8)
    return "\n\n".join(
        f"def {name}(text, limit):\n" + "    limit += len(text)\n" * 9 + "    return limit\n" for name in names
    )


def log(seed, level="INFO", word="served"):
    rng = random.Random(seed)
    rows = (f"2026-11-03 10:{n // 60:02}:{n % 60:02} {level} {rng.choice(WORDS)} {word} {n}" for n in range(120))
    return "\n".join(rows)


def records(seed, count=60):
    rng = random.Random(seed)
    return json.dumps([{"id": n, "name": rng.choice(WORDS), "total": rng.randrange(900)} for n in range(count)])


def hits(seed):
    rng = random.Random(seed)
    return "\n".join(f"src/{rng.choice(WORDS)}.py:{n}:    {' '.join(rng.choices(WORDS, k=5))}" for n in range(140))


def table(seed):
    rng = random.Random(seed)
    return "name,total,region\n" + "".join(f"{rng.choice(WORDS)} {n},{n * 3},north\n" for n in range(90))


def conversation(question, *steps):
    """A conversation of steps: a call with its result, or what the user says."""
    messages = [{"role": "user", "content": question}]
    for number, step in enumerate(steps):
        if isinstance(step, str):
            messages += [{"role": "assistant", "content": f"Noted, {number}."}, {"role": "user", "content": step}]
            continue
        tool, arguments, text = step
        call = {"name": tool, "arguments": json.dumps(arguments)}
        calls = [{"id": f"c{number}", "type": "function", "function": call}]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": text})
    return [*messages, {"role": "assistant", "content": "I have seen it."}, {"role": "user", "content": question}]


CONVERSATIONS = {
    "coding-agent": conversation(
        "Why does the parser fail?",
        ("read_file", {"path": "src/a.py"}, code(1)),
        ("read_file", {"path": "AGENTS.md"}, prose(2)),
        ("read_file", {"path": "package-lock.json"}, records(3)),
        ("bash", {"command": "pytest"}, log(4, "ERROR", "failed")),
        ("grep", {"pattern": "limit"}, hits(5)),
        *[("bash", {"command": f"echo {n}"}, prose(n, 8)) for n in range(10)],
        ("read_file", {"path": "src/b.py"}, code(8)),
    ),
    "customer-service": conversation(
        "Why was my flight late?",
        ("get_policy", {"topic": "flight"}, prose(1)),
        ("get_reservation_details", {"id": 7}, records(2, 20)),
        ("search_flights", {"to": "Rome"}, records(3, 90)),
        "My number is 5521, my seat was 14C, and I was in the queue for three hours. " * 3,
        ("search_flights", {"to": "Oslo"}, records(4, 90)),
    ),
    "rag": conversation(
        "What does the study say about energy?",
        ("search_documents", {"query": "energy"}, prose(1, 120)),
        ("fetch_url", {"url": "https://example.org/a"}, prose(2, 200)),
        ("run_sql", {"sql": "select"}, table(3)),
        ("search_documents", {"query": "market"}, records(4, 300)),
    )[:-2],
    "meeting-notes": conversation(
        "What was decided about the budget?",
        prose(1, 8, "Agenda: the window, the queue. "),
        prose(2, 120),
        prose(3, 28, "Action item for Mia: the report. "),
        "Attendees, for the budget: " + ", ".join(f"{name} {n}" for n in range(30) for name in WORDS[:3]),
    ),
    "logs": conversation(
        "Why does the queue fail?",
        ("read_log", {"file": "a.log"}, log(1, "ERROR", "failed")),
        ("read_log", {"file": "b.log"}, log(2)),
        ("metrics", {}, records(3)),
        ("read_file", {"path": "queue.yaml"}, "".join(f"{name}_{n}: {n}\n" for n in range(40) for name in WORDS[:4])),
        ("bash", {"command": "kubectl get pods"}, table(4)),
        ("bash", {"command": "kubectl get pods"}, table(4).replace("north", "south", 9)),
    ),
    "research": conversation(
        "How did the energy market change?",
        ("search_web", {"query": "energy"}, prose(1)),
        ("browser_snapshot", {}, prose(2, 160)),
        ("write_note", {"about": "market"}, prose(3, 16)),
        ("fetch_page", {"page": 1}, records(4, 120)),
        ("prices", {"year": 2026}, records(5)),
        *[("fetch_page", {"page": n}, prose(n, 12)) for n in range(6, 9)],
    ),
}  # fmt: skip
SHARES = (0.12, 0.3, 0.45, 0.9)
# of the tokens: a rule that keeps text shows in a small room, one that drops it in a large one


def compressed(name, rules):
    messages = CONVERSATIONS[name]
    tokens = compress(messages, "gpt-4o", 10**9).original_tokens
    found = [compress(messages, "gpt-4o", room := int(share * tokens), room, rules=rules) for share in SHARES]
    assert all(restore(result.messages, result.cache) == messages for result in found)
    return found


@pytest.mark.parametrize("name", names())
def test_every_rule_of_a_recipe_changes_what_becomes_of_a_fitting_conversation(name):
    rules = recipe(name)
    whole = compressed(name, rules)
    assert whole[-1].target_met
    for number, rule in enumerate(rules):
        without = compressed(name, [*rules[:number], *rules[number + 1 :]])
        changed = [one.messages != other.messages for one, other in zip(without, whole, strict=True)]
        assert any(changed), f"{name}: {rule.title} changes nothing"
        assert any(row.rule == number for row in whole[-1].decisions), f"{name}: {rule.title} matches nothing"


@pytest.mark.parametrize("name", names())
def test_every_rule_of_a_recipe_has_a_comment(name):
    blocks = text_of(name).split("[[rules]]\n")
    assert len(blocks) == len(recipe(name)) + 1
    assert all(block.startswith("# ") for block in blocks)


def test_an_unknown_recipe_is_an_error_that_lists_them():
    with pytest.raises(InvalidArgument, match=r"one of coding-agent, .*perhaps 'coding-agent' is meant"):
        recipe("coding_agents")


def test_the_command_line_shows_recipes_and_explains_what_rules_do(tmp_path):
    file = tmp_path / "talk.json"
    file.write_text(json.dumps(CONVERSATIONS["customer-service"]))
    shown = run("recipes", "show", "rag")
    assert shown.stdout == text_of("rag")
    assert run("recipes", "list").stdout.count("\n") == len(names())
    (tmp_path / "mine.toml").write_text('[[rules]]\ntool = "search_*"\naction = "stub"\nname = "flights"\n')
    for rules, title in (("customer-service", "role=user"), (str(tmp_path / "mine.toml"), "1. flights")):
        rows = run("recipes", "explain", rules, str(file)).stdout.splitlines()
        assert any(title in row for row in rows)
        filled = [row.split()[-5:] for row in rows[2:] if row.rstrip()[-1].isdigit()]  # a long title has more lines
        columns = [[int(cell.replace(",", "")) for cell in row] for row in filled]
        assert [sum(column) for column in zip(*columns[:-1], strict=True)] == columns[-1]
    result = run("compress", str(file), "--target", "3000", "--rules", str(tmp_path / "mine.toml"))
    assert any(row["rule"] == 0 and row["action"] == "stub" for row in json.loads(result.stdout)["decisions"])
