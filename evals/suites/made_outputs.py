# ruff: noqa: E501 - the lines are as long as tools write them
"""Outputs of commands as their tools write them, with the texts that must still be readable in them.

A machine rarely has all of these tools. Numbers and names are drawn with a fixed seed. The rules of ``shorten`` were
chosen with FIRST at hand; OTHERS were written afterwards.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from typing import NamedTuple

WORDS = [
    "order", "invoice", "ledger", "parcel", "route", "client", "price", "stock", "cart", "token", "batch", "shard",
    "quota", "metric", "audit", "queue", "cache", "index", "report", "vendor", "refund", "coupon", "region", "window",
    "backup",
]  # fmt: skip


class Output(NamedTuple):
    """An output, the command that gave it, what it was asked for, and what must stay of it."""

    name: str
    group: str
    command: str
    text: str
    needs: tuple[str, ...]
    query: str = ""


def of_lines(group: str, name: str, command: str, lines: Iterable[str], *needs: str, query: str = "") -> Output:
    """The output of these lines."""
    return Output(name, group, command, "\n".join(lines) + "\n", needs, query)


def npm_install(draw: random.Random) -> Output:
    """npm: warnings of deprecated packages, and one conflict."""
    lines = [
        f"npm warn deprecated {draw.choice(WORDS)}-{draw.choice(WORDS)}@{draw.randint(0, 9)}.{draw.randint(0, 9)}.0: "
        "this package is no longer supported, use something else"
        for _ in range(120)
    ]
    wanted = 'npm error Could not resolve dependency: peer react@"^17.0.2" from cart-grid@4.1.0'
    lines += [
        "npm error code ERESOLVE", "npm error ERESOLVE unable to resolve dependency tree", "npm error",
        "npm error While resolving: shop@1.0.0", "npm error Found: react@18.3.1", wanted, "npm error",
        "npm error A complete log of this run can be found in: /home/user/.npm/_logs/debug-0.log",
    ]  # fmt: skip
    return of_lines("packages", "npm install", "npm install", lines, wanted, "Found: react@18.3.1")


def pip_install(draw: random.Random) -> Output:
    """pip: downloads with progress bars that redraw themselves, and a build that fails."""
    lines = []
    for number in range(50):
        name = f"{draw.choice(WORDS)}-{number}"
        lines += [
            f"Collecting {name}",
            f"  Downloading {name}-1.{number}.0-py3-none-any.whl ({draw.randint(10, 900)} kB)",
        ]
        bar = "\r".join(
            f"     \x1b[38;2;114;156;31m{'━' * step:<40}\x1b[0m \x1b[32m{step * 20}/800 kB\x1b[0m \x1b[31m3.1 MB/s\x1b[0m"
            for step in range(0, 41, 4)
        )
        lines.append(bar)
    error = "fatal error: libpq-fe.h: No such file or directory"
    lines += ["Building wheels for collected packages: psycopg2", "  error: subprocess-exited-with-error",
              f"      ./psycopg/psycopg.h:36:10: {error}", "      compilation terminated.",
              "ERROR: Failed building wheel for psycopg2"]  # fmt: skip
    return of_lines("packages", "pip install", "pip install -r requirements.txt", lines, error, "Failed building wheel")


def cargo_test(draw: random.Random) -> Output:
    """cargo: compiling, passed tests, and one panic."""
    lines = [f"   Compiling {draw.choice(WORDS)}_{n} v0.{n}.{draw.randint(0, 9)}" for n in range(90)]
    lines += ["    Finished `test` profile [unoptimized + debuginfo] target(s) in 31.02s", "", "running 161 tests"]
    names = [f"{draw.choice(WORDS)}::tests::{draw.choice(WORDS)}_{n}" for n in range(160)]
    lines += [f"test {name} ... ok" for name in names[:100]]
    lines += ["test shipping::tests::splits_parcels ... FAILED"]
    lines += [f"test {name} ... ok" for name in names[100:]]
    panic = "assertion `left == right` failed"
    lines += ["", "failures:", "", "---- shipping::tests::splits_parcels stdout ----",
              "thread 'shipping::tests::splits_parcels' panicked at src/shipping.rs:88:9:", panic, "  left: 3",
              " right: 4", "", "", "failures:", "    shipping::tests::splits_parcels", "",
              "test result: FAILED. 160 passed; 1 failed; 0 ignored; 0 measured; finished in 0.41s", ""]  # fmt: skip
    return of_lines("tests", "cargo test", "cargo test", lines, panic, "src/shipping.rs:88:9", "160 passed; 1 failed")


def jest(draw: random.Random) -> Output:
    """jest: suites that pass, and one expectation that does not hold."""
    lines = []
    for number in range(60):
        lines.append(f"PASS src/{draw.choice(WORDS)}/{draw.choice(WORDS)}{number}.test.ts ({draw.randint(1, 9)}.2 s)")
        lines += [f"  ✓ {draw.choice(WORDS)}s the {draw.choice(WORDS)} ({draw.randint(1, 40)} ms)" for _ in range(4)]
        if number == 30:
            lines += ["FAIL src/cart/total.test.ts", "  ✕ adds shipping once (12 ms)", "",
                      "  ● adds shipping once", "", "    expect(received).toBe(expected) // Object.is equality", "",
                      "    Expected: 1490", "    Received: 1980", "", "      41 |   const cart = withItems(3);",
                      "    > 42 |   expect(total(cart)).toBe(1490);", "         |                       ^", "",
                      "      at Object.<anonymous> (src/cart/total.test.ts:42:23)", ""]  # fmt: skip
    lines += ["Test Suites: 1 failed, 60 passed, 61 total", "Tests:       1 failed, 240 passed, 241 total",
              "Snapshots:   0 total", "Time:        38.117 s", "Ran all test suites."]  # fmt: skip
    return of_lines("tests", "jest", "npx jest", lines, "Expected: 1490", "Received: 1980", "src/cart/total.test.ts:42:23", "1 failed, 240 passed")  # fmt: skip


def maven(draw: random.Random) -> Output:
    """maven: downloads, tests of many classes, and one failure."""
    lines = ["[INFO] Scanning for projects..."]
    for n in range(120):
        word = draw.choice(WORDS)
        lines.append(
            f"[INFO] Downloaded from central: https://repo.example.org/maven2/org/{word}/{word}-{n}.pom ({n} kB)"
        )
    for n in range(40):
        name = draw.choice(WORDS).title()
        lines += [f"[INFO] Running com.example.{name}{n}Test",
                  f"[INFO] Tests run: {draw.randint(2, 9)}, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.{n} s"]  # fmt: skip
    wrong = "expected:<[PAID]> but was:<[OPEN]>"
    lines += ["[ERROR] Tests run: 7, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.2 s <<< FAILURE! - in com.example.InvoiceTest",
              "[ERROR] settles(com.example.InvoiceTest)  Time elapsed: 0.01 s  <<< FAILURE!", f"org.junit.ComparisonFailure: {wrong}",
              "\tat com.example.InvoiceTest.settles(InvoiceTest.java:58)", "[INFO] Running com.example.LastTest",
              "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0", "[INFO] Results:", "[ERROR] Failures: ",
              f"[ERROR]   InvoiceTest.settles:58 {wrong}", "[ERROR] Tests run: 229, Failures: 1, Errors: 0, Skipped: 0",
              "[INFO] BUILD FAILURE", "[INFO] Total time:  44.1 s", "[ERROR] There are test failures."]  # fmt: skip
    return of_lines("tests", "maven test", "mvn test", lines, wrong, "InvoiceTest.java:58", "Tests run: 229, Failures: 1")  # fmt: skip


def gradle(draw: random.Random) -> Output:
    """gradle: tasks that are up to date, and a compile error."""
    lines = [
        f"> Task :{draw.choice(WORDS)}:{draw.choice(['compileJava', 'processResources', 'classes', 'jar'])} UP-TO-DATE"
        for _ in range(150)
    ]
    wrong = "error: incompatible types: String cannot be converted to BigDecimal"
    lines += ["> Task :invoice:compileJava FAILED", f"/src/invoice/Total.java:17: {wrong}", "        BigDecimal sum = text;", "                         ^",
              "1 error", "", "FAILURE: Build failed with an exception.", "", "* What went wrong:", "Execution failed for task ':invoice:compileJava'.",
              "> Compilation failed; see the compiler error output for details.", "", "BUILD FAILED in 9s", "151 actionable tasks: 1 executed, 150 up-to-date"]  # fmt: skip
    return of_lines("builds", "gradle build", "./gradlew build", lines, wrong, "Total.java:17")


def terraform(draw: random.Random) -> Output:
    """terraform: state refreshed, one resource that is replaced, and the plan."""
    lines = [
        f"aws_{draw.choice(WORDS)}.{draw.choice(WORDS)}_{n}: Refreshing state... [id={draw.getrandbits(40):x}]"
        for n in range(140)
    ]
    forced = '~ engine_version = "14.9" -> "16.2" # forces replacement'
    lines += ["", "Terraform will perform the following actions:", "", "  # aws_db_instance.orders must be replaced", '-/+ resource "aws_db_instance" "orders" {',
              f"      {forced}", "        # (41 unchanged attributes hidden)", "    }", "", "Plan: 1 to add, 0 to change, 1 to destroy."]  # fmt: skip
    return of_lines("builds", "terraform plan", "terraform plan", lines, forced, "Plan: 1 to add, 0 to change, 1 to destroy.")  # fmt: skip


def docker_build(draw: random.Random) -> Output:
    """docker build: steps, downloads, and a command that fails."""
    lines = []
    for n in range(8, 40):
        lines.append(f"#{n} [stage-{n % 3} {n}/40] RUN make {draw.choice(WORDS)}")
        lines += [
            f"#{n} {second}.{draw.randint(100, 999)} gcc -O2 -c {draw.choice(WORDS)}_{second}.c -o build/{draw.choice(WORDS)}_{second}.o"
            for second in range(8)
        ]
        lines.append(f"#{n} DONE {draw.randint(1, 9)}.3s")
    wrong = "/usr/bin/ld: cannot find -lssl: No such file or directory"
    lines += ["#40 [stage-2 40/40] RUN make link", f"#40 0.412 {wrong}", "#40 0.413 collect2: error: ld returned 1 exit status",
              "#40 ERROR: process \"/bin/sh -c make link\" did not complete successfully: exit code: 2", "------",
              " > [stage-2 40/40] RUN make link:", "------", "ERROR: failed to solve: process \"/bin/sh -c make link\" did not complete successfully: exit code: 2"]  # fmt: skip
    return of_lines("builds", "docker build", "docker build .", lines, wrong, "RUN make link")


def docker_ps(draw: random.Random) -> Output:
    """docker ps: one container of many is unhealthy."""
    rows = [f"{'CONTAINER ID':<15}{'IMAGE':<28}{'STATUS':<28}NAMES"]
    for n in range(70):
        status = f"Up {draw.randint(2, 23)} hours (healthy)" if n != 41 else "Up 3 hours (unhealthy)"
        name = f"{draw.choice(WORDS)}-{n}"
        rows.append(f"{draw.getrandbits(48):012x}   {name + ':1.' + str(n):<28}{status:<28}{name}")
    odd = next(row for row in rows if "unhealthy" in row)
    return of_lines("system", "docker ps", "docker ps", rows, odd.split()[0], "(unhealthy)")


def kubectl_pods(draw: random.Random) -> Output:
    """kubectl get pods: two of many are not running."""
    rows = [f"{'NAMESPACE':<12}{'NAME':<36}{'READY':<8}{'STATUS':<20}{'RESTARTS':<12}AGE"]
    for n in range(120):
        name = f"{draw.choice(WORDS)}-{draw.getrandbits(36):09x}-{draw.getrandbits(20):05x}"
        ready, status, restarts = "1/1", "Running", "0"
        if n in (37, 95):
            name = {37: "payments-7d9f8b6c5-x2x9k", 95: "mailer-5f6b7c8d9-qq7lp"}[n]
            ready, status, restarts = "0/1", {37: "CrashLoopBackOff", 95: "ImagePullBackOff"}[n], "17"
        rows.append(
            f"{draw.choice(['prod', 'jobs']):<12}{name:<36}{ready:<8}{status:<20}{restarts:<12}{draw.randint(1, 40)}d"
        )
    return of_lines("system", "kubectl get pods", "kubectl get pods -A", rows, "payments-7d9f8b6c5-x2x9k", "CrashLoopBackOff", "mailer-5f6b7c8d9-qq7lp")  # fmt: skip


def kubectl_logs(draw: random.Random) -> Output:
    """A service's log: one slow request at INFO, and an error with a cause."""
    lines = []
    for n in range(400):
        stamp = f"2026-03-01T10:{n // 60:02}:{n % 60:02}.{draw.randint(100, 999)}Z"
        lines.append(
            f"{stamp} INFO  http GET /api/{draw.choice(WORDS)}/{draw.randint(1, 9999)} 200 {draw.randint(2, 40)}ms"
        )
        if n == 211:
            lines.append(f"{stamp} INFO  flags flag fast_checkout changed from on to off by deploy-bot")
        if n == 290:
            lines += [f"{stamp} ERROR orders could not reserve stock", "java.lang.IllegalStateException: stock row 4711 is locked",
                      "\tat com.example.Stock.reserve(Stock.java:212)"]  # fmt: skip
    return of_lines("logs", "kubectl logs", "kubectl logs deploy/orders", lines, "fast_checkout changed from on to off", "stock row 4711 is locked")  # fmt: skip


def journalctl(draw: random.Random) -> Output:
    """journalctl: sessions and timers, and a unit that fails."""
    lines = []
    for n in range(300):
        stamp = f"Mar 01 {n // 60 % 24:02}:{n % 60:02}:07 web1"
        lines.append(draw.choice([f"{stamp} CRON[{n + 900}]: (root) CMD (run-parts /etc/cron.hourly)",
                                  f"{stamp} systemd[1]: Started Session {n} of user deploy.",
                                  f"{stamp} sshd[{n + 4000}]: Accepted publickey for deploy from 10.0.0.{n % 250} port {n + 30000}"]))  # fmt: skip
        if n == 180:
            lines += [f"{stamp} postgres[812]: PANIC:  could not write to file \"pg_wal/xlogtemp.812\": No space left on device",
                      f"{stamp} systemd[1]: postgresql.service: Main process exited, code=killed, status=6/ABRT"]  # fmt: skip
    return of_lines("logs", "journalctl", "journalctl -b", lines, "No space left on device", "postgresql.service: Main process exited")  # fmt: skip


def dmesg(draw: random.Random) -> Output:
    """dmesg: devices found at boot, and one disk with errors."""
    lines = [
        f"[{n * 0.013:12.6f}] pci 0000:{n % 256:02x}:{n % 8:02x}.0: [8086:{draw.getrandbits(16):04x}] type 00 class 0x{draw.getrandbits(24):06x}"
        for n in range(240)
    ]
    odd = "blk_update_request: I/O error, dev sdb, sector 976773160"
    lines.insert(170, f"[    9.771201] {odd}")
    lines += [f"[{10 + n * 0.2:12.6f}] eth0: link becomes ready, queue {n}" for n in range(60)]
    return of_lines("logs", "dmesg", "dmesg", lines, odd)


def df(draw: random.Random) -> Output:
    """df: one full file system."""
    rows = ["Filesystem     1K-blocks     Used Available Use% Mounted on"]
    for n in range(60):
        used = draw.randint(5, 60)
        rows.append(
            f"/dev/vd{chr(97 + n % 26)}{n:<6} 10255636 {used * 102556:>8} {(100 - used) * 102556:>9} {used:>3}% /srv/{draw.choice(WORDS)}{n}"
        )
    odd = "/dev/vdq99      10255636 10255636         0 100% /var/lib/postgresql"
    rows.insert(37, odd)
    return of_lines("system", "df", "df", rows, odd)


def json_records(draw: random.Random) -> Output:
    """An API's list: one record that failed among those that did not."""
    records = [
        {
            "id": n,
            "customer": f"{draw.choice(WORDS)}-{n}",
            "amount": draw.randint(100, 9999),
            "currency": "EUR",
            "status": "settled",
            "attempts": 1,
        }
        for n in range(150)
    ]
    records[88] |= {"status": "declined", "attempts": 4, "reason": "card_expired"}
    lines = [json.dumps({"data": records, "has_more": False}, indent=2)]
    return of_lines("json", "json", "curl -s https://api.example.org/v1/charges", lines, "card_expired", "declined")


def json_asked(draw: random.Random) -> Output:
    """The same, asked for one record."""
    found = json_records(draw)
    customer = json.loads(found.text)["data"][57]["customer"]
    return found._replace(name="json, one record", needs=(customer,), query=f"What did {customer} pay?")


def tsc(draw: random.Random) -> Output:
    """A compiler with many errors of one kind, and one of another."""
    lines = [
        f"src/{draw.choice(WORDS)}/{draw.choice(WORDS)}.ts({n},{draw.randint(1, 60)}): error TS7006: Parameter '{draw.choice(WORDS)}' implicitly has an 'any' type."
        for n in range(140)
    ]
    odd = "src/cart/total.ts(42,7): error TS2322: Type 'string' is not assignable to type 'Money'."
    lines.insert(73, odd)
    lines.append("Found 141 errors in 97 files.")
    return of_lines("builds", "tsc", "npx tsc --noEmit", lines, odd, "Found 141 errors")


def eslint(draw: random.Random) -> Output:
    """A linter's report: warnings by file, and two errors."""
    lines: list[str] = []
    for n in range(50):
        lines += ["", f"/srv/app/src/{draw.choice(WORDS)}{n}.js"]
        lines += [
            f"  {draw.randint(1, 300)}:{draw.randint(1, 80)}  warning  Unexpected console statement  no-console"
            for _ in range(4)
        ]
        if n == 20:
            lines.append("  17:11  error    'stockLevel' is not defined        no-undef")
    lines += ["", "✖ 201 problems (1 error, 200 warnings)", ""]
    return of_lines("builds", "eslint", "npx eslint src", lines, "'stockLevel' is not defined", "201 problems (1 error")


def rsync(draw: random.Random) -> Output:
    """A progress that redraws its line thousands of times, and one file that cannot be read."""
    lines = []
    for n in range(40):
        name = f"{draw.choice(WORDS)}/{draw.choice(WORDS)}_{n}.bin"
        lines.append(name)
        lines.append(
            "".join(f"\r{step * 327680:>14,} {step * 3:>3}%  12.5MB/s    0:00:{34 - step:02}" for step in range(1, 34))
        )
        if n == 25:
            lines.append('rsync: [sender] send_files failed to open "/srv/ledger/closed.db": Permission denied (13)')
    lines += [
        "",
        "sent 428,933,120 bytes  received 1,412 bytes",
        "rsync error: some files/attrs were not transferred (code 23) at main.c(1338)",
    ]
    return of_lines("packages", "rsync", "rsync -av --progress /srv/ backup:/srv/", lines, "/srv/ledger/closed.db", "Permission denied (13)", "code 23")  # fmt: skip


def go_test(draw: random.Random) -> Output:
    """go test: packages that pass, and one that does not."""
    lines = [f"ok  \texample.org/shop/{draw.choice(WORDS)}/{draw.choice(WORDS)}{n}\t0.{n:03}s" for n in range(90)]
    wrong = "refund_test.go:71: got 1980 cents, want 1490"
    lines[41:41] = [
        "--- FAIL: TestRefundsShippingOnce (0.00s)",
        f"    {wrong}",
        "FAIL",
        "FAIL\texample.org/shop/refund\t0.012s",
    ]
    lines += ["?   \texample.org/shop/cmd\t[no test files]"] * 20
    lines += ["FAIL"]
    return of_lines("other tools", "go test", "go test ./...", lines, wrong, "TestRefundsShippingOnce")


def ansible(draw: random.Random) -> Output:
    """ansible: tasks on many hosts, one of which cannot be reached."""
    lines = []
    for n in range(14):
        lines += [f"TASK [{draw.choice(WORDS)} : {draw.choice(WORDS)} {n}] " + "*" * 40]
        lines += [f"{draw.choice(['ok', 'changed'])}: [web{host:02}]" for host in range(12)]
        if n == 6:
            lines.append(
                'fatal: [db03]: UNREACHABLE! => {"msg": "Failed to connect to the host via ssh: port 22: No route to host"}'
            )
        lines.append("")
    lines += ["PLAY RECAP " + "*" * 60]
    lines += [
        f"web{host:02}                      : ok=14   changed=3    unreachable=0    failed=0" for host in range(12)
    ]
    lines += ["db03                       : ok=6    changed=1    unreachable=1    failed=0"]
    return of_lines("other tools", "ansible", "ansible-playbook site.yml", lines, "No route to host", "unreachable=1")


def mypy(draw: random.Random) -> Output:
    """A type checker: notes of one kind, and three errors."""
    lines = [
        f"shop/{draw.choice(WORDS)}.py:{n}: note: By default the bodies of untyped functions are not checked  [annotation-unchecked]"
        for n in range(130)
    ]
    odd = 'shop/tax.py:88: error: Argument 1 to "settle" has incompatible type "str"; expected "Decimal"  [arg-type]'
    lines[77:77] = [odd]
    lines.append("Found 1 error in 1 file (checked 214 source files)")
    return of_lines("other tools", "mypy", "mypy shop", lines, odd, "Found 1 error")


def du(draw: random.Random) -> Output:
    """du: one directory that is far larger than the others."""
    rows = [f"{draw.randint(4, 900)}M\t./{draw.choice(WORDS)}/{draw.choice(WORDS)}_{n}" for n in range(160)]
    rows[93] = "181G\t./spool/undelivered"
    return of_lines("other tools", "du", "du -h --max-depth 2", [*rows, "212G\t."], rows[93], "212G")


def nginx(draw: random.Random) -> Output:
    """An access log: a burst of one answer 502 among 200s."""
    lines = [
        f'10.0.{n % 7}.{n % 250} - - [01/Mar/2026:10:{n // 60:02}:{n % 60:02} +0000] "GET /{draw.choice(WORDS)}/{draw.randint(1, 999)} HTTP/1.1" 200 {draw.randint(200, 9000)} "-" "Mozilla/5.0"'
        for n in range(260)
    ]
    lines[190] = '10.0.3.44 - - [01/Mar/2026:10:03:10 +0000] "POST /checkout HTTP/1.1" 502 157 "-" "Mozilla/5.0"'
    return of_lines("other tools", "access log", "tail -n 260 access.log", lines, 'POST /checkout HTTP/1.1" 502')


def systemctl(draw: random.Random) -> Output:
    """systemctl: units that run, and one that failed."""
    rows = ["  UNIT                          LOAD   ACTIVE SUB       DESCRIPTION"]
    rows += [
        f"  {draw.choice(WORDS) + str(n) + '.service':<30}loaded active running   The {draw.choice(WORDS)} of {draw.choice(WORDS)}s"
        for n in range(90)
    ]
    rows[55] = "● nightly-export.service         loaded failed failed    Export the ledger"
    rows += ["", "91 loaded units listed."]
    return of_lines("other tools", "systemctl", "systemctl list-units", rows, "nightly-export.service", "91 loaded units")  # fmt: skip


def rspec(draw: random.Random) -> Output:
    """rspec: documented examples, and one that fails."""
    lines = []
    for n in range(40):
        lines += [
            draw.choice(WORDS).title(),
            f"  {draw.choice(WORDS)}s a {draw.choice(WORDS)}",
            f"  keeps the {draw.choice(WORDS)} of {n}",
            "",
        ]
        if n == 17:
            lines += ["Voucher", "  expires after a year (FAILED - 1)", ""]
    lines += ["Failures:", "", "  1) Voucher expires after a year", "     Failure/Error: expect(voucher).to be_expired", "       expected `voucher.expired?` to be truthy, got false",
              "     # ./spec/voucher_spec.rb:19:in `block (2 levels) in <top (required)>'", "", "Finished in 2.1 seconds", "82 examples, 1 failure", "", "Failed examples:", "", "rspec ./spec/voucher_spec.rb:17 # Voucher expires after a year"]  # fmt: skip
    return of_lines("other tools", "rspec", "bundle exec rspec -f d", lines, "to be truthy, got false", "82 examples, 1 failure", "voucher_spec.rb:19")  # fmt: skip


def explain(draw: random.Random) -> Output:
    """A database's plan: asked for the slow part."""
    lines = []
    for n in range(60):
        lines += [f"{'  ' * (n % 9)}->  Index Scan using {draw.choice(WORDS)}_{n}_idx on {draw.choice(WORDS)}_{n}  (cost=0.29..{n}.31 rows={n} width=8) (actual time=0.0{n % 9}..0.1{n % 9} rows={n} loops=1)",
                  f"{'  ' * (n % 9)}      Index Cond: (id = {draw.randint(1, 999)})"]  # fmt: skip
    slow = "->  Seq Scan on shipments  (cost=0.00..188213.00 rows=9000000 width=44) (actual time=0.02..41873.55 rows=9000000 loops=1)"
    lines.insert(70, "      " + slow)
    lines.append("Execution Time: 41990.122 ms")
    return of_lines("other tools", "explain", "psql -c 'explain analyze …'", lines, slow, "Execution Time: 41990.122 ms", query="Why is the query slow?")  # fmt: skip


def apt(draw: random.Random) -> Output:
    """apt: packages unpacked with a progress bar, and one that cannot be configured."""
    lines = []
    for n in range(80):
        name = f"lib{draw.choice(WORDS)}{n}"
        lines += [
            f"Get:{n} http://deb.example.org stable/main amd64 {name} amd64 1.{n} [{draw.randint(9, 900)} kB]",
            f"Unpacking {name} (1.{n}) ...",
            f"\x1b7\x1b[24;0f\x1b[42m\x1b[30mProgress: [{n:>3}%]\x1b[49m\x1b[39m [{'#' * (n // 4):.<20}] \x1b8",
        ]
    wrong = "dpkg: error processing package mail-server (--configure):"
    lines += [
        wrong,
        " installed mail-server package post-installation script subprocess returned error exit status 78",
        "Errors were encountered while processing:",
        " mail-server",
        "E: Sub-process /usr/bin/dpkg returned an error code (1)",
    ]
    return of_lines("other tools", "apt", "apt-get install -y mail-server", lines, wrong, "error exit status 78")


def diff_asked(draw: random.Random) -> Output:
    """A patch of many files: asked for one hunk."""
    lines = []
    for n in range(40):
        word = draw.choice(WORDS)
        lines += [f"diff --git a/src/{word}{n}.ts b/src/{word}{n}.ts", f"--- a/src/{word}{n}.ts", f"+++ b/src/{word}{n}.ts", f"@@ -{n},6 +{n},6 @@ export class {word.title()} {{",
                  f"   const {draw.choice(WORDS)} = {n};", f"-  return load({draw.randint(1, 99)});", f"+  return load({draw.randint(1, 99)}, true);", "   }"]  # fmt: skip
        if n == 22:
            lines += [
                "@@ -90,4 +90,4 @@ export function retryDelay(attempt: number) {",
                "-  return 100 * attempt;",
                "+  return 100 * 2 ** attempt;",
                " }",
            ]
    return of_lines("other tools", "patch", "git show HEAD", lines, "+  return 100 * 2 ** attempt;", "-  return 100 * attempt;", query="How did the delay between retries change?")  # fmt: skip


FIRST: tuple[Callable[[random.Random], Output], ...] = (
    npm_install, pip_install, cargo_test, jest, maven, gradle, terraform, docker_build, docker_ps, kubectl_pods,
    kubectl_logs, journalctl, dmesg, df, json_records, json_asked, tsc, eslint, rsync,
)  # fmt: skip
OTHERS: tuple[Callable[[random.Random], Output], ...] = (
    go_test, ansible, mypy, du, nginx, systemctl, rspec, explain, apt, diff_asked,
)  # fmt: skip
