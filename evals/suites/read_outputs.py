# ruff: noqa: E501 - the lines are as long as tools write them
"""Outputs in which the texts that must stay were named before ``shorten`` was tried on them.

Their forms are those of tools on a developer's machine: runners of tests, compilers, logs of several services, dumps
and settings. Numbers and names are drawn with a fixed seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from .made_outputs import WORDS, Output, of_lines

_output = partial(of_lines, "outputs read at sight")


def cargo_backtrace(draw: random.Random) -> Output:
    """cargo test with backtraces: the assertion is between the place of the panic and forty frames."""
    lines = ["   Compiling shop v0.1.0 (/src/shop)", "    Finished `test` profile [unoptimized + debuginfo] target(s) in 1.20s", "     Running unittests src/lib.rs (target/debug/deps/shop-1f2e3d4c5b6a7988)", "", "running 122 tests"]  # fmt: skip
    lines += [f"test {draw.choice(WORDS)}::tests::{draw.choice(WORDS)}_{n} ... ok" for n in range(120)]
    lines += ["test price::tests::rounds ... FAILED", "test price::tests::overflow ... FAILED", "", "failures:", ""]
    frames = [
        f"  {n:2}: {name}\n             at /rustc/5980/library/{place}"
        for n, (name, place) in enumerate(
            [("rust_begin_unwind", "std/src/panicking.rs:645:5"), ("core::panicking::panic_fmt", "core/src/panicking.rs:72:14"), ("core::panicking::assert_failed_inner", "core/src/panicking.rs:343:17"), ("core::ops::function::FnOnce::call_once", "core/src/ops/function.rs:250:5"), ("test::__rust_begin_short_backtrace", "test/src/lib.rs:628:18"), ("test::run_test_in_process", "test/src/lib.rs:651:60")] * 3
        )
    ]  # fmt: skip
    for name, told in (
        ("rounds", ["assertion `left == right` failed: cents of 19.99", "  left: 1998", " right: 1999"]),
        ("overflow", ["attempt to add with overflow"]),
    ):
        lines += [f"---- price::tests::{name} stdout ----", "", f"thread 'price::tests::{name}' panicked at src/price.rs:96:27:", *told, "stack backtrace:", *frames, "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.", ""]  # fmt: skip
    lines += ["", "failures:", "    price::tests::overflow", "    price::tests::rounds", "", "test result: FAILED. 120 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s", "", "error: test failed, to rerun pass `--lib`"]  # fmt: skip
    return _output("cargo backtrace", "cargo test", lines, "cents of 19.99", "  left: 1998", "attempt to add with overflow", "120 passed; 2 failed")  # fmt: skip


def node_tap(draw: random.Random) -> Output:
    """node --test: each test is a record of several lines, and two of them are not ok."""
    lines = ["TAP version 13"]

    def case(number: int, name: str, told: list[str]) -> list[str]:
        verdict = "not ok" if told else "ok"
        return [f"# Subtest: {name}", f"{verdict} {number} - {name}", "  ---", f"  duration_ms: {draw.randint(1000, 99999) / 10000}", "  type: 'test'", *told, "  ..."]  # fmt: skip

    trace = ["    TestContext.<anonymous> (/src/test/cart.test.js:31:27)", "    Test.runInAsyncScope (node:async_hooks:206:9)", "    Test.run (node:internal/test_runner/test:796:25)", "    async Test.processPendingSubtests (node:internal/test_runner/test:526:7)"]  # fmt: skip
    for n in range(90):
        told: list[str] = []
        if n == 40:
            told = ["  location: '/src/test/cart.test.js:30:1'", "  failureType: 'testCodeFailure'", "  error: |-", "    Expected values to be strictly equal:", "    ", "    1234 !== 1235", "    ", "  code: 'ERR_ASSERTION'", "  name: 'AssertionError'", "  stack: |-", *trace]  # fmt: skip
        if n == 77:
            told = ["  location: '/src/test/net.test.js:4:1'", "  failureType: 'testCodeFailure'", "  error: 'connect ECONNREFUSED 127.0.0.1:8080'", "  code: 'ECONNREFUSED'", "  stack: |-", *trace]  # fmt: skip
        lines += case(n + 1, "rounds half up" if n == 40 else f"{draw.choice(WORDS)} {draw.choice(WORDS)} {n}", told)
    lines += ["1..90", "# tests 90", "# suites 0", "# pass 88", "# fail 2", "# cancelled 0", "# duration_ms 316.89"]
    return _output("node tap", "node --test", lines, "not ok 41 - rounds half up", "1234 !== 1235", "connect ECONNREFUSED 127.0.0.1:8080", "# fail 2")  # fmt: skip


def pytest_names(draw: random.Random) -> Output:
    """pytest -v of a package whose tests are named after errors: two of them fail."""

    def verdict(name: str, word: str, n: int) -> str:
        return f"{name} {word}".ljust(88) + f"[{n * 100 // 180:3}%]"

    lines = ["============================= test session starts =============================", "platform linux -- Python 3.12.4, pytest-8.2.2, pluggy-1.5.0", "collected 180 items", ""]  # fmt: skip
    for n in range(180):
        about = draw.choice(["error", "failure", "timeout", "invalid_input", "crash", "exception"])
        name = f"tests/test_{draw.choice(WORDS)}.py::test_{draw.choice(WORDS)}_raises_{about}_{n}"
        lines.append(verdict(name, "FAILED" if n in (61, 140) else "PASSED", n))
        if n in (61, 140):
            failed = name.rpartition("::")[2]
            lines[-1] = verdict(f"tests/test_retry.py::{failed}", "FAILED", n)
    lines += ["", "=================================== FAILURES ==================================="]
    for n, wrong in ((61, "assert 3 == 4"), (140, "assert 'EUR' == 'USD'")):
        lines += [f"____________________ test_retry_{n} ____________________", "", f"    def test_retry_{n}():", "        client = Client(retries=3)", "        result = client.run()", f">       {wrong.replace('3', 'result.tries').replace(chr(39) + 'EUR' + chr(39), 'result.currency')}", f"E       {wrong}", f"E        +  where {wrong.split()[1]} = Result(...)", "", f"tests/test_retry.py:{n + 300}: AssertionError"]  # fmt: skip
    lines += ["========================= 2 failed, 178 passed in 3.41s ========================="]
    return _output("pytest names", "pytest -v", lines, "E       assert 3 == 4", "E       assert 'EUR' == 'USD'", "tests/test_retry.py:361", "2 failed, 178 passed")  # fmt: skip


def ruff_concise(draw: random.Random) -> Output:
    """ruff check: hundreds of remarks about style that quote docstrings about errors, and one name that is undefined."""
    lines = []
    for n in range(500):
        path = f"shop/{draw.choice(WORDS)}.py:{draw.randint(1, 900)}:{draw.randint(1, 80)}:"
        lines.append(
            draw.choice([
                f"{path} E501 Line too long ({draw.randint(89, 140)} > 88)",
                f'{path} D401 First line of docstring should be in imperative mood: "The error of a {draw.choice(WORDS)} that failed {n} times."',
                f"{path} ANN001 Missing type annotation for function argument `{draw.choice(WORDS)}`",
                f"{path} COM812 [*] Trailing comma missing",
            ])
        )  # fmt: skip
    lines[333] = "shop/refund.py:71:16: F821 Undefined name `vat_rate`"
    lines[120] = "shop/cart.py:9:5: F811 Redefinition of unused `total` from line 4"
    lines += ["Found 500 errors.", "[*] 131 fixable with the `--fix` option."]
    return _output("ruff concise", "ruff check --output-format concise", lines, "F821 Undefined name `vat_rate`", "F811 Redefinition of unused `total`", "Found 500 errors.")  # fmt: skip


def git_log_stat(draw: random.Random) -> Output:
    """git log --stat of forty commits: the subjects say what was changed, and the files under them fill the page."""
    lines: list[str] = []
    subjects = []
    for n in range(40):
        subject = f"{draw.choice(['Speed up', 'Rename', 'Document', 'Simplify', 'Cover'])} {draw.choice(WORDS)} {draw.choice(WORDS)}"
        if n == 23:
            subject = "Retries stop at three: the queue was asked for ever"
        subjects.append(subject)
        lines += [f"commit {draw.getrandbits(160):040x}", f"Author: Mia Weber <mia{n % 4}@example.org>", f"Date:   Tue Mar {28 - n // 2} 1{n % 10}:0{n % 6}:11 2026 +0100", "", f"    {subject}", ""]  # fmt: skip
        files = [f"{draw.choice(WORDS)}/{draw.choice(WORDS)}_{k}.py" for k in range(draw.randint(1, 9))]
        added = [draw.randint(1, 60) for _ in files]
        lines += [f" {name:<40} | {count:3} {'+' * (count // 2)}{'-' * (count // 3)}" for name, count in zip(files, added, strict=True)]  # fmt: skip
        plural = "s" if len(files) > 1 else ""
        lines += [f" {len(files)} file{plural} changed, {sum(added)} insertions(+), {sum(added) // 3} deletions(-)", ""]  # fmt: skip
    return _output("git log --stat, changes", "git log --stat", lines[:-1], "Retries stop at three", subjects[0], subjects[1], subjects[2], query="Which change touched the retries, and what were the latest changes?")  # fmt: skip


def ps_aux(draw: random.Random) -> Output:
    """ps aux with long commands: one process takes the processor."""
    lines = ["USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND"]
    for n in range(110):
        command = draw.choice(["[kworker/u8:1-events_unbound]", "/usr/sbin/sshd -D", "python -m worker --queue " + draw.choice(WORDS), 'java -Xmx2g -cp ' + ":".join(f"/opt/app/lib/{draw.choice(WORDS)}-{k}.jar" for k in range(24)) + " org.example.Main"])  # fmt: skip
        lines.append(
            f"app      {1000 + n * 7:7}  {draw.randint(0, 9) / 10}  {draw.randint(0, 9) / 10} {draw.randint(1000, 99999):6} {draw.randint(100, 9999):5} ?        S    09:{n % 60:02}   0:0{n % 9} {command}"
        )
    lines[63] = "app         4711 97.3 41.0 918273 81723 ?        R    09:12 318:44 python -m report --year 2025"
    return _output("ps aux", "ps aux", lines, "4711 97.3 41.0", "python -m report --year 2025")


def vitest(draw: random.Random) -> Output:
    """vitest: many files that pass, one assertion with the values that were expected and received."""
    lines = [" RUN  v1.6.0 /src/shop", ""]
    for n in range(120):
        lines.append(f" ✓ src/{draw.choice(WORDS)}/{draw.choice(WORDS)}{n}.test.ts ({draw.randint(2, 30)} tests) {draw.randint(3, 400)}ms")  # fmt: skip
    lines[80:80] = [" ❯ src/cart/total.test.ts (9 tests | 1 failed) 21ms", "   × total > rounds half up", "     → expected 12.34 to be 12.35 // Object.is equality"]  # fmt: skip
    lines += ["", "⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯", "", " FAIL  src/cart/total.test.ts > total > rounds half up", "AssertionError: expected 12.34 to be 12.35 // Object.is equality", "", "- Expected", "+ Received", "", "- 12.35", "+ 12.34", "", " ❯ src/cart/total.test.ts:18:25", "     16|   it('rounds half up', () => {", "     17|     const sum = total([4.115, 8.23])", "     18|     expect(sum).toBe(12.35)", "       |                 ^", "     19|   })", "", "⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯", "", " Test Files  1 failed | 120 passed (121)", "      Tests  1 failed | 1441 passed (1442)", "   Start at  10:12:31", "   Duration  8.21s"]  # fmt: skip
    return _output("vitest", "npx vitest run", lines, "expected 12.34 to be 12.35", "src/cart/total.test.ts:18:25", "1 failed | 1441 passed")  # fmt: skip


def go_subtests(draw: random.Random) -> Output:
    """go test -v of tables of subtests: one row of one table fails."""
    lines = []
    for n in range(14):
        test = f"Test{draw.choice(WORDS).title()}{n}"
        rows = [f"{draw.choice(WORDS)}_{k}" for k in range(12)]
        bad = n == 9
        lines += [f"=== RUN   {test}"]
        for k, row in enumerate(rows):
            lines += [f"=== RUN   {test}/{row}"]
            if bad and k == 5:
                lines += ['    parse_test.go:41: Parse("12,5") = 12, want 12.5']
        lines += [f"--- {'FAIL' if bad else 'PASS'}: {test} (0.0{n % 10}s)"]
        lines += [f"    --- {'FAIL' if bad and k == 5 else 'PASS'}: {test}/{row} (0.00s)" for k, row in enumerate(rows)]
    lines += ["FAIL", "FAIL\texample.org/shop/parse\t0.412s", "FAIL"]
    return _output("go subtests", "go test -v ./parse", lines, 'Parse("12,5") = 12, want 12.5', "FAIL\texample.org/shop/parse")  # fmt: skip


def gradle_test(draw: random.Random) -> Output:
    """gradle test: a failed assertion with the frames of JUnit under it."""
    lines = ["> Task :compileJava", "> Task :processResources", "> Task :classes", "> Task :test"]
    for n in range(150):
        lines += [
            "",
            f"{draw.choice(WORDS).title()}Test > {draw.choice(WORDS)}{draw.choice(WORDS).title()}{n}() PASSED",
        ]
    frames = [f"        at org.junit.jupiter.engine.execution.{name}(Chain.java:{draw.randint(20, 300)})" for name in ("Invocation.proceed", "Executor.execute", "Chain.next") for _ in range(5)]  # fmt: skip
    lines[160:160] = ["", "CartTest > totalWithVat() FAILED", "    org.opentest4j.AssertionFailedError: expected: <12.35> but was: <12.34>", "        at app//org.junit.jupiter.api.AssertionFailureBuilder.build(AssertionFailureBuilder.java:151)", *frames, "        at app//shop.CartTest.totalWithVat(CartTest.java:44)"]  # fmt: skip
    lines += ["", "151 tests completed, 1 failed", "", "> Task :test FAILED", "", "FAILURE: Build failed with an exception.", "", "* What went wrong:", "Execution failed for task ':test'.", "> There were failing tests. See the report at: file:///src/build/reports/tests/test/index.html", "", "* Try:", "> Run with --scan to get full insights.", "", "BUILD FAILED in 21s", "4 actionable tasks: 4 executed"]  # fmt: skip
    return _output("gradle test", "./gradlew test", lines, "CartTest > totalWithVat() FAILED", "expected: <12.35> but was: <12.34>", "CartTest.java:44", "151 tests completed, 1 failed")  # fmt: skip


def terraform_error(draw: random.Random) -> Output:
    """terraform apply: progress of many resources, and an error in a frame of lines."""
    lines = []
    for n in range(60):
        name = f"module.{draw.choice(WORDS)}.aws_instance.{draw.choice(WORDS)}[{n}]"
        lines += [f"{name}: Creating...", f"{name}: Still creating... [{draw.randint(1, 5)}0s elapsed]", f"{name}: Creation complete after {draw.randint(11, 59)}s [id=i-0{draw.getrandbits(60):015x}]"]  # fmt: skip
    draw.shuffle(lines)
    lines += ["╷", "│ Error: creating RDS DB Instance (orders): InvalidParameterCombination: DB engine version 13.2 is not available", "│ ", "│   with module.store.aws_db_instance.orders,", "│   on store/main.tf line 41, in resource \"aws_db_instance\" \"orders\":", "│   41: resource \"aws_db_instance\" \"orders\" {", "│ ", "╵"]  # fmt: skip
    return _output("terraform apply", "terraform apply -auto-approve", lines, "DB engine version 13.2 is not available", "store/main.tf line 41")  # fmt: skip


def compose_logs(draw: random.Random) -> Output:
    """docker compose logs: three services in one stream; the database refuses one of them."""
    lines = []
    for n in range(240):
        at = f"2026-03-04 10:{n // 60:02}:{n % 60:02}"
        lines.append(draw.choice([f"web-1     | {at} GET /{draw.choice(WORDS)}/{n} 200 {draw.randint(2, 90)}ms", f"worker-1  | {at} [INFO] job {draw.randint(1000, 9999)} done", f"db-1      | {at} UTC [64] LOG:  checkpoint complete: wrote {draw.randint(1, 99)} buffers"]))  # fmt: skip
    lines[150:150] = ["db-1      | 2026-03-04 10:02:30 UTC [71] FATAL:  password authentication failed for user \"report\"", "db-1      | 2026-03-04 10:02:30 UTC [71] DETAIL:  Role \"report\" does not exist.", "worker-1  | sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed"]  # fmt: skip
    lines += ["worker-1 exited with code 1"]
    return _output("compose logs", "docker compose logs", lines, 'password authentication failed for user "report"', 'Role "report" does not exist', "exited with code 1")  # fmt: skip


def kubectl_events(draw: random.Random) -> Output:
    """kubectl get events: many of type Normal, two warnings of kinds that no other has."""
    lines = ["LAST SEEN   TYPE      REASON              OBJECT                                MESSAGE"]
    for n in range(120):
        pod = f"pod/{draw.choice(WORDS)}-{draw.getrandbits(40):010x}"
        lines.append(f"{draw.randint(1, 59)}m         Normal    " + draw.choice([f"Scheduled           {pod:<37} Successfully assigned shop/{pod[4:]} to node-{n % 6}", f"Pulled              {pod:<37} Container image \"registry.example.org/{draw.choice(WORDS)}:1.{n}\" already present on machine", f"Started             {pod:<37} Started container app"]))  # fmt: skip
    lines[44] = "7m          Warning   FailedMount         pod/orders-7c9f8d6b54                 MountVolume.SetUp failed for volume \"certs\" : secret \"orders-tls\" not found"  # fmt: skip
    lines[101] = "3m          Warning   Evicted             pod/report-5d8f6c7b9a                 The node was low on resource: ephemeral-storage."  # fmt: skip
    return _output("kubectl events", "kubectl get events", lines, 'secret "orders-tls" not found', "low on resource: ephemeral-storage")  # fmt: skip


def exception_group(draw: random.Random) -> Output:
    """A Python program that logs, and ends with an exception group of two errors with long traces."""
    lines = [f"INFO:shop.load:row {n} of file {draw.choice(WORDS)}.csv loaded" for n in range(160)]
    frames = [part for n in range(12) for part in (f"    |   File \"/usr/lib/python3.12/asyncio/{draw.choice(WORDS)}.py\", line {n * 31 + 7}, in run", f"    |     return self._{draw.choice(WORDS)}(context, *args)")]  # fmt: skip
    lines += ["  + Exception Group Traceback (most recent call last):", "  |   File \"/src/load.py\", line 88, in <module>", "  |     asyncio.run(main())", "  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)", "  +-+---------------- 1 ----------------", "    | Traceback (most recent call last):", *frames, "    |   File \"/src/rows.py\", line 17, in parse", "    |     return Decimal(row[\"amount\"])", "    | decimal.InvalidOperation: [<class 'decimal.ConversionSyntax'>]", "    +---------------- 2 ----------------", "    | Traceback (most recent call last):", *frames, "    |   File \"/src/rows.py\", line 21, in day", "    |     return date.fromisoformat(row[\"day\"])", "    | ValueError: Invalid isoformat string: '2026-02-30'", "    +------------------------------------"]  # fmt: skip
    return _output("exception group", "python load.py", lines, "decimal.InvalidOperation", "Invalid isoformat string: '2026-02-30'", '"/src/rows.py", line 21')  # fmt: skip


def csharp_trace(draw: random.Random) -> Output:
    """A .NET program: its log, and an unhandled exception with an inner one."""
    lines = [f"info: Shop.Import[{n}]\n      Imported {draw.choice(WORDS)} {n} in {draw.randint(2, 80)} ms" for n in range(120)]  # fmt: skip
    frames = [f"   at System.Linq.Enumerable.{draw.choice(['First', 'Select', 'Where'])}[TSource](IEnumerable`1 source)" for _ in range(20)]  # fmt: skip
    lines += ["Unhandled exception. System.AggregateException: One or more errors occurred. (Sequence contains no elements)", " ---> System.InvalidOperationException: Sequence contains no elements", *frames, "   at Shop.Prices.Latest(String sku) in /src/Prices.cs:line 52", "   at Program.<Main>$(String[] args) in /src/Program.cs:line 9", "   --- End of inner exception stack trace ---", *frames]  # fmt: skip
    return _output("csharp trace", "dotnet run", lines, "System.InvalidOperationException: Sequence contains no elements", "/src/Prices.cs:line 52")  # fmt: skip


def pg_dump(draw: random.Random) -> Output:
    """A dump of a database: definitions of tables among rows."""
    lines = ["--", "-- PostgreSQL database dump", "--", "SET statement_timeout = 0;", ""]
    for table in ("customers", "invoices", "orders", "stock", "returns"):
        lines += [f"CREATE TABLE public.{table} (", "    id bigint NOT NULL,", f"    {table}_no text NOT NULL,", "    total_cents integer DEFAULT 0 NOT NULL,", f"    {'vat_rate numeric(5,3)' if table == 'orders' else 'note text'}", ");", ""]  # fmt: skip
        lines += [f"INSERT INTO public.{table} VALUES ({n}, '{draw.choice(WORDS)}-{draw.randint(100, 999)}', {draw.randint(100, 99999)}, NULL);" for n in range(70)]  # fmt: skip
        lines += [""]
    return _output("pg_dump", "pg_dump shop", lines, "CREATE TABLE public.orders (", "vat_rate numeric(5,3)", query="Which columns does the table orders have?")  # fmt: skip


def minified(draw: random.Random) -> Output:
    """A minified script: one line, with the address that it calls in the middle."""
    parts = [f"function {draw.choice('abcdefgh')}{n}(e,t){{return e.{draw.choice(WORDS)}(t.{draw.choice(WORDS)},{draw.randint(1, 999)})}}" for n in range(200)]  # fmt: skip
    parts[120] = 'function q9(e){return fetch("/api/v2/checkout/confirm",{method:"POST",body:JSON.stringify(e)})}'
    return _output("minified script", "cat dist/app.min.js", ["!function(){" + "".join(parts) + "}();"], "/api/v2/checkout/confirm", query="Which endpoint is called for the checkout?")  # fmt: skip


def junit_xml(draw: random.Random) -> Output:
    """A report of JUnit as XML: one case of 150 has a failure in it."""
    cases = [f'    <testcase classname="shop.{draw.choice(WORDS).title()}Test" name="{draw.choice(WORDS)}{n}" time="0.{draw.randint(100, 999)}"/>' for n in range(150)]  # fmt: skip
    cases[91] = '    <testcase classname="shop.CartTest" name="totalWithVat" time="0.021">\n      <failure message="expected: 12.35 but was: 12.34" type="AssertionError">shop.CartTest.totalWithVat(CartTest.java:44)</failure>\n    </testcase>'  # fmt: skip
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites tests="150" failures="1">', '  <testsuite name="shop" tests="150" failures="1" errors="0" skipped="0" time="21.3">', *cases, "  </testsuite>", "</testsuites>"]  # fmt: skip
    return _output("junit xml", "cat build/test-results/TEST-shop.xml", lines, "expected: 12.35 but was: 12.34", "CartTest.java:44")  # fmt: skip


def manifests(draw: random.Random) -> Output:
    """Manifests of Kubernetes as YAML: one deployment is asked for."""
    lines = []
    for n in range(30):
        name = "worker" if n == 17 else f"{draw.choice(WORDS)}-{n}"
        lines += ["---", "apiVersion: apps/v1", "kind: Deployment", "metadata:", f"  name: {name}", "spec:", f"  replicas: {draw.randint(1, 9)}", "  template:", "    spec:", "      containers:", f"        - name: {name}", f"          image: registry.example.org/{name}:1.{n}", "          resources:", "            limits:", f"              memory: {768 if n == 17 else 64 * draw.randint(1, 8)}Mi", f"              cpu: {draw.randint(1, 9)}00m"]  # fmt: skip
    return _output("manifests", "kubectl get deploy -o yaml", lines, "memory: 768Mi", query="What is the memory limit of the worker?")  # fmt: skip


def valgrind(draw: random.Random) -> Output:
    """valgrind: many records of lost blocks, one invalid write, and the sums at the end."""
    lines = ["==4711== Memcheck, a memory error detector", "==4711== Command: ./shop --import"]
    for n in range(60):
        lines += [f"==4711== {draw.randint(8, 64)} bytes in 1 blocks are still reachable in loss record {n} of 61", "==4711==    at 0x4848899: malloc (vg_replace_malloc.c:381)", f"==4711==    by 0x{draw.getrandbits(24):06X}: {draw.choice(WORDS)}_init ({draw.choice(WORDS)}.c:{draw.randint(9, 400)})", "==4711== "]  # fmt: skip
    lines[2:2] = ["==4711== Invalid write of size 8", "==4711==    at 0x10919B: cart_add (cart.c:42)", "==4711==    by 0x1091F1: main (main.c:17)", "==4711==  Address 0x4a8d068 is 0 bytes after a block of size 40 alloc'd", "==4711== "]  # fmt: skip
    lines += ["==4711== LEAK SUMMARY:", "==4711==    definitely lost: 48 bytes in 1 blocks", "==4711==    still reachable: 2,104 bytes in 60 blocks", "==4711== ERROR SUMMARY: 2 errors from 2 contexts (suppressed: 0 from 0)"]  # fmt: skip
    return _output("valgrind", "valgrind --leak-check=full ./shop --import", lines, "Invalid write of size 8", "cart_add (cart.c:42)", "definitely lost: 48 bytes", "ERROR SUMMARY: 2 errors")  # fmt: skip


def webpack(draw: random.Random) -> Output:
    """webpack: a list of assets and modules, and one module that is not found."""
    lines = [f"asset {draw.choice(WORDS)}.{draw.getrandbits(40):010x}.js {draw.randint(2, 900)} KiB [emitted] [immutable] [minimized] (name: {draw.choice(WORDS)})" for n in range(60)]  # fmt: skip
    lines += [f"  ./src/{draw.choice(WORDS)}/{draw.choice(WORDS)}{n}.tsx {draw.randint(1, 40)}.{n % 9} KiB [built] [code generated]" for n in range(90)]  # fmt: skip
    lines[90:90] = ["ERROR in ./src/cart/Total.tsx 3:0-41", "Module not found: Error: Can't resolve '../money/round' in '/src/cart'", "resolve '../money/round' in '/src/cart'", "  using description file: /src/package.json (relative path: ./src/cart)", *(f"    /src/money/round{end} doesn't exist" for end in (".ts", ".tsx", ".js", ".jsx"))]  # fmt: skip
    lines += ["webpack 5.91.0 compiled with 1 error in 8123 ms"]
    return _output("webpack", "npx webpack", lines, "Can't resolve '../money/round'", "compiled with 1 error")


def coverage(draw: random.Random) -> Output:
    """coverage report: a table of files, of which one is hardly covered."""
    lines = ["Name                                      Stmts   Miss  Cover   Missing", "-" * 73]
    for n in range(110):
        lines.append(f"shop/{draw.choice(WORDS)}/{draw.choice(WORDS)}_{n}.py".ljust(40) + f"{draw.randint(20, 400):7} {draw.randint(0, 12):6}   {draw.randint(91, 100)}%   {draw.randint(3, 40)}-{draw.randint(41, 60)}")  # fmt: skip
    lines[70] = "shop/refund/vat.py".ljust(40) + "    214    188    12%   14-201, 207"
    lines += ["-" * 73, "TOTAL".ljust(40) + "  21034   1187    94%"]
    return _output("coverage", "coverage report -m", lines, "188    12%", "1187    94%")


def cmake(draw: random.Random) -> Output:
    """cmake: many checks, and a package that it cannot find, said over several lines."""
    lines = [f"-- Looking for {draw.choice(WORDS)}_{n}.h - found" for n in range(140)]
    lines[90:90] = ["CMake Error at cmake/Deps.cmake:12 (find_package):", "  Could not find a package configuration file provided by \"fmt\" (requested", "  version 10.2) with any of the following names:", "", "    fmtConfig.cmake", "    fmt-config.cmake", "", "  Add the installation prefix of \"fmt\" to CMAKE_PREFIX_PATH or set \"fmt_DIR\"", "  to a directory containing one of the above files.", "Call Stack (most recent call first):", "  CMakeLists.txt:31 (include)", "", ""]  # fmt: skip
    lines += ["-- Configuring incomplete, errors occurred!", 'See also "/src/build/CMakeFiles/CMakeOutput.log".']
    return _output("cmake", "cmake -B build", lines, "CMake Error at cmake/Deps.cmake:12", 'provided by "fmt" (requested', "version 10.2", "errors occurred!")  # fmt: skip


def training(draw: random.Random) -> Output:
    """The log of a training: the loss becomes nan at one step."""
    lines = [f"step {n:5} | loss {4 - n / 200 + draw.random() / 10:.4f} | lr {3e-4 * (1 - n / 500):.2e} | grad norm {draw.random() * 2:.3f} | {draw.randint(900, 999)} tok/s" for n in range(400)]  # fmt: skip
    lines[287] = "step   287 | loss nan | lr 1.28e-04 | grad norm inf | 951 tok/s"
    return _output("training", "tail -n 400 train.log", lines, "step   287 | loss nan", "step   399")


def libraries(draw: random.Random) -> Output:
    """dpkg.log, with packages that are named after errors: one is left half-configured."""
    lines = []
    names = ["liberror-perl", "libgpg-error0", "error-prone-java", "fail2ban", "libwarn-perl", "python3-invalid", "crash-utils"]  # fmt: skip
    for n in range(110):
        name = draw.choice(names) if n % 3 else draw.choice(WORDS)
        for word in ("install", "status half-installed", "status unpacked", "configure", "status installed"):
            lines.append(f"2026-03-04 10:{n % 60:02}:12 {word} {name}:amd64 {n}.{n % 7}-1")
    lines[301] = "2026-03-04 10:00:12 conffile /etc/postgresql/15/main/pg_hba.conf keep"
    return _output("dpkg.log", "cat /var/log/dpkg.log", lines, "conffile /etc/postgresql/15/main/pg_hba.conf keep")


def mix_test(draw: random.Random) -> Output:
    """mix test: dots, warnings, and an assertion with its two sides."""
    lines = [f"warning: variable \"{draw.choice(WORDS)}\" is unused (if the variable is not meant to be used, prefix it with an underscore)\n  │\n {n + 3} │   def run({draw.choice(WORDS)}, opts) do\n  │           ~~~~~\n  │\n  └─ lib/shop/{draw.choice(WORDS)}.ex:{n + 3}:11: Shop.run/2\n" for n in range(40)]  # fmt: skip
    lines += ["Running ExUnit with seed: 4711, max_cases: 8", "", "." * 80, "", "  1) test rounds half up (Shop.CartTest)", "     test/cart_test.exs:31", "     Assertion with == failed", "     code:  assert Cart.total(cart) == 1235", "     left:  1234", "     right: 1235", "     stacktrace:", "       test/cart_test.exs:34: (test)", "", "." * 60, "", "Finished in 0.8 seconds (0.6s async, 0.2s sync)", "141 tests, 1 failure"]  # fmt: skip
    return _output("mix test", "mix test", lines, "Assertion with == failed", "left:  1234", "test/cart_test.exs:34", "141 tests, 1 failure")  # fmt: skip


def bazel(draw: random.Random) -> Output:
    """bazel build: progress over itself, one action that fails with the compiler's words."""
    lines = [f"\x1b[32m[{n:,} / 900]\x1b[0m Compiling {draw.choice(WORDS)}/{draw.choice(WORDS)}.cc; {n % 9}s linux-sandbox" for n in range(160)]  # fmt: skip
    lines[110:110] = ["\x1b[31m\x1b[1mERROR: \x1b[0m/src/cart/BUILD:12:11: Compiling cart/total.cc failed: (Exit 1): gcc failed: error executing CppCompile command (from target //cart:total) /usr/bin/gcc " + " ".join(f"-I{draw.choice(WORDS)}/include" for _ in range(60)), "cart/total.cc: In function 'int total(const Cart&)':", "cart/total.cc:27:18: error: 'const struct Cart' has no member named 'lines'", "   27 |   for (auto& l : c.lines) sum += l.price;", "      |                    ^~~~~"]  # fmt: skip
    lines += ["Target //cart:total failed to build", "INFO: Elapsed time: 41.2s, Critical Path: 9.81s", "ERROR: Build did NOT complete successfully"]  # fmt: skip
    return _output("bazel", "bazel build //...", lines, "has no member named 'lines'", "Build did NOT complete successfully")  # fmt: skip


AT_SIGHT: tuple[Callable[[random.Random], Output], ...] = (
    cargo_backtrace, node_tap, pytest_names, ruff_concise, git_log_stat, ps_aux, vitest, go_subtests, gradle_test,
    terraform_error, compose_logs, kubectl_events, exception_group, csharp_trace, pg_dump, minified, junit_xml,
    manifests, valgrind, webpack, coverage, cmake, training, libraries, mix_test, bazel,
)  # fmt: skip
