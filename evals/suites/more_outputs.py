# ruff: noqa: E501 - the lines are as long as tools write them
"""More outputs as their tools write them, of tools that are in none of the other groups.

They were written after the rules of ``shorten`` had been chosen. Numbers and names are drawn with a fixed seed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import partial

from .made_outputs import WORDS, Output, of_lines

_output = partial(of_lines, "later tools")


def github_actions(draw: random.Random) -> Output:
    """A job's log: a time on each line, colours, groups, and one step that fails in the middle of its clean-up."""
    lines = ["##[group]Run actions/checkout@v4", "with:", "  fetch-depth: 1", "##[endgroup]"]
    lines += [f"remote: Compressing objects: {n}% ({n * 7}/700)" for n in range(0, 101, 2)]
    lines += ["##[group]Run npm ci", "npm ci", "##[endgroup]", "added 912 packages in 21s"]
    lines += [
        f"\x1b[32m✓\x1b[39m {draw.choice(WORDS)} › {draw.choice(WORDS)} {n} \x1b[2m{draw.randint(1, 90)}ms\x1b[22m"
        for n in range(180)
    ]
    wrong = "\x1b[31mError: connect ECONNREFUSED 127.0.0.1:6379\x1b[39m"
    lines += [wrong, "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1595:16)"]
    lines += [
        f"\x1b[32m✓\x1b[39m {draw.choice(WORDS)} › {draw.choice(WORDS)} {n} \x1b[2m{draw.randint(1, 90)}ms\x1b[22m"
        for n in range(60)
    ]
    lines += ["##[error]Process completed with exit code 1.", "Post job cleanup."]
    lines += [f"[command]/usr/bin/git config --local --unset-all http.{n}.extraheader" for n in range(20)]
    stamped = [
        f"2026-03-04T10:{n // 60 % 60:02}:{n % 60:02}.{draw.randint(10**6, 10**7 - 1)}Z {line}"
        for n, line in enumerate(lines)
    ]
    return _output("github actions", "gh run view --log", stamped, "connect ECONNREFUSED 127.0.0.1:6379", "Process completed with exit code 1")  # fmt: skip


def go_panic(draw: random.Random) -> Output:
    """A Go program: what it logs, a panic, and the stacks of many sleeping goroutines."""
    lines = [
        f"2026/03/04 10:00:{n % 60:02} served /{draw.choice(WORDS)}/{n} in {draw.randint(1, 80)}ms" for n in range(150)
    ]
    lines += ["panic: runtime error: invalid memory address or nil pointer dereference", "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x6f2a31]", "", "goroutine 71 [running]:",
              "example.org/shop/invoice.(*Book).Total(0x0, {0xc000112000, 0x3})", "\t/src/invoice/book.go:88 +0x51", "main.handle({0x7f3c20, 0xc0001be000})", "\t/src/main.go:41 +0x1d2"]  # fmt: skip
    for n in range(60):
        lines += ["", f"goroutine {n + 80} [select, {n % 9} minutes]:", "net/http.(*persistConn).writeLoop(0xc0002f4000)", "\t/usr/local/go/src/net/http/transport.go:2458 +0xe5",
                  "created by net/http.(*Transport).dialConn", "\t/usr/local/go/src/net/http/transport.go:1799 +0x16c5"]  # fmt: skip
    lines += ["exit status 2"]
    return _output("go panic", "go run .", lines, "nil pointer dereference", "/src/invoice/book.go:88")


def kubectl_describe(draw: random.Random) -> Output:
    """kubectl describe: fields of a pod, and the events that say why it does not start."""
    lines = [
        "Name:             orders-7c9f8d6b54-x2x7k",
        "Namespace:        shop",
        "Status:           Pending",
        "Containers:",
    ]
    for n in range(24):
        word = draw.choice(WORDS)
        lines += [f"  {word}-{n}:", f"    Image:          registry.example.org/{word}:1.{n}", f"    Port:           {8000 + n}/TCP", "    Limits:", f"      cpu:     {draw.randint(1, 8)}", f"      memory:  {draw.randint(1, 16)}Gi",
                  "    Environment:", f"      {word.upper()}_URL:  http://{word}:80", "    Mounts:", f"      /etc/{word} from {word}-config (ro)"]  # fmt: skip
    wrong = "0/6 nodes are available: 3 Insufficient memory, 3 node(s) had untolerated taint {gpu: true}."
    lines += ["Events:", "  Type     Reason            Age   From               Message", "  ----     ------            ----  ----               -------",
              f"  Warning  FailedScheduling  4m    default-scheduler  {wrong}"]  # fmt: skip
    return _output("kubectl describe", "kubectl describe pod orders-7c9f8d6b54-x2x7k", lines, wrong)


def json_logs(draw: random.Random) -> Output:
    """A service that logs JSON: one line of level error, and one request that takes far longer than all others."""
    rows = [
        {"ts": f"2026-03-04T10:{n // 60:02}:{n % 60:02}Z", "level": "info", "msg": "request done", "path": f"/{draw.choice(WORDS)}", "ms": draw.randint(3, 70), "trace": f"{draw.getrandbits(64):016x}"}
        for n in range(260)
    ]  # fmt: skip
    rows[90] |= {"level": "error", "msg": "deadlock detected", "path": "/stock"}
    rows[201]["ms"] = 48_211
    return _output("json logs", "stern orders -o raw", map(json.dumps, rows), "deadlock detected", "48211")


def dotnet(draw: random.Random) -> Output:
    """dotnet build: warnings with their project behind them, and one error."""
    codes = {
        "CS8618": "Non-nullable property 'Name' must contain a non-null value when exiting constructor.",
        "CS0168": "The variable 'e' is declared but never used",
        "CS1591": "Missing XML comment for publicly visible type or member",
    }
    lines = ["  Determining projects to restore...", "  All projects are up-to-date for restore."]
    for n in range(150):
        code = draw.choice(list(codes))
        lines.append(
            f"/src/Shop/{draw.choice(WORDS).title()}{n % 12}.cs({draw.randint(3, 300)},{draw.randint(3, 60)}): warning {code}: {codes[code]} [/src/Shop/Shop.csproj]"
        )
    wrong = "/src/Shop/Refund.cs(58,24): error CS0029: Cannot implicitly convert type 'string' to 'decimal' [/src/Shop/Shop.csproj]"
    lines.insert(70, wrong)
    lines += ["", "Build FAILED.", "", "    150 Warning(s)", "    1 Error(s)", "", "Time Elapsed 00:00:14.22"]
    return _output("dotnet build", "dotnet build", lines, wrong, "1 Error(s)")


def psql_table(draw: random.Random) -> Output:
    """psql: a table of orders, of which one has another state."""
    rows = [
        f" {n:6} | {draw.choice(WORDS):10} | paid     | {draw.randint(100, 9_999) / 100:8.2f} | 2026-03-{n % 28 + 1:02}"
        for n in range(220)
    ]
    rows[147] = "    147 | refund     | DISPUTED |    64.20 | 2026-03-08"
    head = [
        "   id   |    item    |  state   |  amount  |    day",
        "--------+------------+----------+----------+------------",
    ]
    lines = [*head, *rows, "(220 rows)"]
    return _output("psql", "psql -c 'select * from orders'", lines, "147 | refund     | DISPUTED", "(220 rows)")


def phpunit(draw: random.Random) -> Output:
    """phpunit --testdox: names of tests, and one that fails with a difference."""
    lines = ["PHPUnit 11.4.3 by Sebastian Bergmann and contributors.", ""]
    for n in range(40):
        lines += [f"{draw.choice(WORDS).title()}{n} (Tests\\{draw.choice(WORDS).title()}{n})"]
        lines += [
            f" ✔ It {draw.choice(['adds', 'drops', 'keeps', 'lists'])} the {draw.choice(WORDS)}" for _ in range(5)
        ]
        lines += [" ✘ It rounds half up"] if n == 17 else []
    lines += ["", "There was 1 failure:", "", "1) Tests\\Price17::it_rounds_half_up", "Failed asserting that two strings are equal.", "--- Expected", "+++ Actual", "@@ @@", "-'12.35'", "+'12.34'", "",
              "/src/tests/PriceTest.php:61", "", "FAILURES!", "Tests: 201, Assertions: 344, Failures: 1."]  # fmt: skip
    return _output("phpunit", "vendor/bin/phpunit --testdox", lines, "-'12.35'", "+'12.34'", "PriceTest.php:61", "Failures: 1")  # fmt: skip


def helm_diff(draw: random.Random) -> Output:
    """helm upgrade --dry-run: manifests of YAML, of which one was asked for."""
    lines = ['Release "shop" has been upgraded. Happy Helming!', "NAME: shop", "STATUS: pending-upgrade", "MANIFEST:"]
    for n in range(30):
        word = draw.choice([word for word in WORDS if word != "refund"])
        lines += ["---", f"# Source: shop/templates/{word}-{n}.yaml", "apiVersion: apps/v1", "kind: Deployment", "metadata:", f"  name: {word}-{n}", "spec:", f"  replicas: {draw.randint(1, 5)}", "  template:", "    spec:", "      containers:",
                  f"        - name: {word}", f"          image: registry.example.org/{word}:2.{n}"]  # fmt: skip
        if n == 19:
            lines += ["---", "# Source: shop/templates/refund.yaml", "apiVersion: apps/v1", "kind: Deployment", "metadata:", "  name: refund", "spec:", "  replicas: 7", "  template:", "    spec:", "      containers:", "        - name: refund", "          image: registry.example.org/refund:9.1.4"]  # fmt: skip
    return _output("helm", "helm upgrade shop . --dry-run", lines, "registry.example.org/refund:9.1.4", query="Which image does the refund deployment get?")  # fmt: skip


def ss_listening(draw: random.Random) -> Output:
    """ss: many sockets, and the one that was asked for."""
    rows = ["State  Recv-Q Send-Q Local Address:Port   Peer Address:Port  Process"]
    rows += [
        f'ESTAB  0      0      10.0.0.5:{30_000 + n}        10.0.{n % 9}.{n % 200}:443     users:(("{draw.choice(WORDS)}",pid={2_000 + n},fd={n % 60}))'
        for n in range(190)
    ]
    odd = 'LISTEN 0      511    0.0.0.0:8080         0.0.0.0:*          users:(("node",pid=4711,fd=19))'
    rows.insert(120, odd)
    return _output("ss", "ss -tanp", rows, '"node",pid=4711', query="Which process listens on port 8080?")


def csv_report(draw: random.Random) -> Output:
    """A report as CSV, with one amount far beyond the others and one row that is not complete."""
    rows = ["day,region,item,amount,currency"]
    rows += [
        f"2026-03-{n % 28 + 1:02},{draw.choice(['north', 'south', 'east'])},{draw.choice(WORDS)},{draw.randint(100, 9_999) / 100},EUR"
        for n in range(300)
    ]
    rows[180] = "2026-03-11,south,quota,918273.50,EUR"
    rows[240] = "2026-03-19,east,coupon,,"
    return _output("csv", "cat report.csv", rows, "south,quota,918273.50", "east,coupon,,")


LATER: tuple[Callable[[random.Random], Output], ...] = (
    github_actions, go_panic, kubectl_describe, json_logs, dotnet, psql_table, phpunit, helm_diff, ss_listening,
    csv_report,
)  # fmt: skip
