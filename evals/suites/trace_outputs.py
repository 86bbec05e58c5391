# ruff: noqa: E501 - the lines are as long as tools write them
"""Deep stack traces of several runtimes, and tables of states, with the texts that must stay readable in them.

Of a trace, these are the messages of all causes and the frames of the program's own code, among dozens of frames of
libraries. Of a table, they are the odd rows and the names of the columns. They were named before ``shorten`` was tried.
Numbers and names are drawn with a fixed seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from .made_outputs import WORDS, Output, of_lines

_output = partial(of_lines, "traces and tables")
_TOMCAT = ("org.springframework.web.servlet", "org.springframework.aop.framework", "org.apache.catalina.core", "org.apache.tomcat.util.net", "jakarta.servlet.http")  # fmt: skip
_STORE = ("org.hibernate.internal", "org.hibernate.engine.jdbc.internal", "com.zaxxer.hikari.pool", "org.postgresql.jdbc")  # fmt: skip
_GEMS = ("activerecord-7.1.3/lib/active_record", "actionpack-7.1.3/lib/action_controller", "rack-3.0.9/lib/rack", "puma-6.4.2/lib/puma")  # fmt: skip


@dataclass(frozen=True)
class _Frames:
    """Frames of libraries, as the runtimes write them."""

    draw: random.Random

    def java(self, packages: Sequence[str], count: int) -> list[str]:
        return [f"\tat {self.draw.choice(packages)}.{name}.{self.draw.choice(['invoke', 'proceed', 'run'])}({name}.java:{self.draw.randint(20, 900)})" for name in self._names(["Filter", "Chain", "Proxy", "Invoker"], count)]  # fmt: skip

    def dotnet(self, spaces: Sequence[str], count: int) -> list[str]:
        return [f"   at {self.draw.choice(spaces)}.{name}.{self.draw.choice(['InvokeAsync', 'MoveNextAsync'])}({self.draw.choice(['HttpContext context', 'CancellationToken token'])})" for name in self._names(["Middleware", "Reader", "Strategy"], count)]  # fmt: skip

    def ruby(self, count: int, lead: str = "") -> list[str]:
        return [f"{lead}/usr/local/bundle/gems/{self.draw.choice(_GEMS)}/{self.draw.choice(WORDS)}.rb:{self.draw.randint(9, 900)}:in `{self.draw.choice(['call', 'block in call', 'run_callbacks'])}'" for _ in range(count)]  # fmt: skip

    def node(self, count: int, lead: str = "") -> list[str]:
        return [f"{lead}    at {self.draw.choice(['Layer.handle', 'next', 'async Promise.all'])} (/srv/app/node_modules/{self.draw.choice(['express/lib/router', 'knex/lib/execution'])}/{self.draw.choice(WORDS)}.js:{self.draw.randint(9, 400)}:{self.draw.randint(2, 60)})" for _ in range(count)]  # fmt: skip

    def python(self, count: int) -> list[str]:
        return [line for _ in range(count) for line in (f'  File "/usr/local/lib/python3.12/site-packages/{self.draw.choice(["sqlalchemy/engine", "celery/app", "starlette/middleware"])}/{self.draw.choice(WORDS)}.py", line {self.draw.randint(9, 3000)}, in {self.draw.choice(["__call__", "run", "flush"])}', f"    {self.draw.choice(['return self._execute_impl(*args, **kwargs)', 'await self.app(scope, receive, send)', 'raise exc'])}")]  # fmt: skip

    def _names(self, ends: Sequence[str], count: int) -> list[str]:
        return [self.draw.choice(WORDS).title() + self.draw.choice(ends) for _ in range(count)]


def spring(draw: random.Random) -> Output:
    """A log of Spring Boot: an exception with two causes, under which two frames of 150 are of the shop."""
    frames = _Frames(draw)
    lines = [f"2026-03-04T10:{n // 60:02}:{n % 60:02}.{draw.randint(100, 999)}Z  INFO 1 --- [nio-8080-exec-{n % 9}] c.acme.shop.web.AccessLog : GET /{draw.choice(WORDS)}/{n} 200 {draw.randint(2, 90)}ms" for n in range(90)]  # fmt: skip
    lines[60:60] = [
        "2026-03-04T10:01:00.118Z ERROR 1 --- [nio-8080-exec-4] o.a.c.c.C.[.[.[/].[dispatcherServlet] : Servlet.service() for servlet [dispatcherServlet] threw exception", "",
        "org.springframework.dao.DataIntegrityViolationException: could not execute statement; constraint [orders_customer_fk]",
        *frames.java(_TOMCAT, 24), "\tat com.acme.shop.orders.OrderService.place(OrderService.java:118)", *frames.java(_TOMCAT, 14),
        "\tat com.acme.shop.web.OrderController.create(OrderController.java:57)", *frames.java(_TOMCAT, 40),
        "Caused by: org.hibernate.exception.ConstraintViolationException: could not execute statement", *frames.java(_STORE, 30), "\t... 78 common frames omitted",
        'Caused by: org.postgresql.util.PSQLException: ERROR: insert or update on table "orders" violates a foreign key',
        '  Detail: Key (customer_id)=(4711) is not present in table "customers".', *frames.java(_STORE, 34), "\t... 108 common frames omitted",
    ]  # fmt: skip
    return _output("spring log", "docker logs shop", lines, "DataIntegrityViolationException: could not execute", "OrderService.java:118", "OrderController.java:57", "ConstraintViolationException: could not execute", "Key (customer_id)=(4711) is not present")  # fmt: skip


def mockk(draw: random.Random) -> Output:
    """A test in Kotlin with coroutines: most frames are of a library that no list names."""
    frames = _Frames(draw)
    lines = ["> Task :test", *(f"{draw.choice(WORDS).title()}Test > {draw.choice(WORDS)} {n} PASSED" for n in range(80)), "", "CheckoutTest > charges once() FAILED", "    java.lang.AssertionError: Verification failed: call 1 of 1: Gateway(#3).charge(any())) was not called"]  # fmt: skip
    lines += [f"    {line}" for line in [*frames.java(["app//io.mockk.impl.recording.states", "app//kotlinx.coroutines.scheduling"], 40), "    at de.laden.kasse.CheckoutTest$charges once$1.invokeSuspend(CheckoutTest.kt:71)", *frames.java(["app//kotlinx.coroutines", "app//org.junit.platform.engine"], 60)]]  # fmt: skip
    lines += ["", "81 tests completed, 1 failed", "", "BUILD FAILED in 12s"]
    return _output("kotlin test", "./gradlew test", lines, "Verification failed: call 1 of 1: Gateway(#3)", "CheckoutTest.kt:71", "81 tests completed, 1 failed")  # fmt: skip


def aspnet(draw: random.Random) -> Output:
    """A log of ASP.NET: an exception with an inner one, whose frames have no files but those of the shop."""
    frames = _Frames(draw)
    theirs = ("Microsoft.EntityFrameworkCore.Storage", "Microsoft.AspNetCore.Mvc.Infrastructure", "System.Threading.Tasks")  # fmt: skip
    lines = [line for n in range(50) for line in ("info: Microsoft.AspNetCore.Hosting.Diagnostics[2]", f"      Request finished HTTP/1.1 GET http://shop/{draw.choice(WORDS)}/{n} - 200 - {draw.randint(1, 90)}.4ms")]  # fmt: skip
    lines[80:80] = [
        "fail: Microsoft.AspNetCore.Server.Kestrel[13]", '      Connection id "0HN4": An unhandled exception was thrown by the application.',
        "      Microsoft.EntityFrameworkCore.DbUpdateException: An error occurred while saving the entity changes.",
        '       ---> Npgsql.PostgresException (0x80004005): 23505: duplicate key value violates unique constraint "IX_Coupons_Code"',
        *(f"   {line}" for line in frames.dotnet(["Npgsql.Internal", *theirs], 55)), "         --- End of inner exception stack trace ---",
        "         at Shop.Coupons.CouponService.CreateAsync(String code) in /src/Shop/Coupons/CouponService.cs:line 52", *(f"   {line}" for line in frames.dotnet(theirs, 40)),
    ]  # fmt: skip
    return _output("aspnet log", "docker logs api", lines, "DbUpdateException: An error occurred while saving", '23505: duplicate key value violates unique constraint "IX_Coupons_Code"', "CouponService.cs:line 52")  # fmt: skip


def rspec_backtrace(draw: random.Random) -> Output:
    """rspec with whole backtraces: two failures, each with a frame or two of the project."""
    frames = _Frames(draw)
    lines = ["." * 90 + "F" + "." * 40, "", "Failures:", "", "  1) Refund#total rounds half up", "     Failure/Error: expect(refund.total).to eq(12.35)", "", "       expected: 12.35", "            got: 12.34", "", *frames.ruby(4, "     # "), "     # ./spec/models/refund_spec.rb:31:in `block (3 levels) in <top (required)>'", *frames.ruby(60, "     # ")]  # fmt: skip
    lines += ["", "  2) Mailer delivers", "     Failure/Error: socket = TCPSocket.new(host, port)", "", "     Errno::ECONNREFUSED:", '       Connection refused - connect(2) for "127.0.0.1" port 1025', "     # ./lib/mailer/smtp.rb:19:in `open'", *frames.ruby(55, "     # "), "", "131 examples, 2 failures"]  # fmt: skip
    return _output("rspec backtrace", "bundle exec rspec -b", lines, "expected: 12.35", "got: 12.34", "refund_spec.rb:31", "Connection refused - connect(2)", "./lib/mailer/smtp.rb:19", "131 examples, 2 failures")  # fmt: skip


def express(draw: random.Random) -> Output:
    """A server of Node that logs JSON: an error with a cause, each in a file of the program."""
    frames = _Frames(draw)
    lines = [f'{{"level":30,"time":17000{n:05},"msg":"request completed","path":"/{draw.choice(WORDS)}","ms":{draw.randint(2, 80)}}}' for n in range(60)]  # fmt: skip
    lines[30:30] = ["Error: Checkout failed", "    at confirm (/srv/app/src/checkout.js:88:11)", *frames.node(45), "    at async /srv/app/src/routes/orders.js:31:5", *frames.node(30), "  [cause]: error: deadlock detected", *frames.node(30, "  "), "      at reserve (/srv/app/src/stock.js:19:20)", *frames.node(30, "  "), "    detail: 'Process 88 waits for ShareLock on transaction 1811'", "  }", "}"]  # fmt: skip
    return _output("express", "node src/server.js", lines, "Error: Checkout failed", "/srv/app/src/checkout.js:88:11", "orders.js:31:5", "[cause]: error: deadlock detected", "stock.js:19:20", "Process 88 waits for ShareLock")  # fmt: skip


def celery(draw: random.Random) -> Output:
    """A worker in Python: an error behind another one, in long tracebacks of libraries."""
    frames = _Frames(draw)
    lines = [f"[2026-03-04 10:00:{n:02},118: INFO/ForkPoolWorker-{n % 4}] Task shop.tasks.{draw.choice(WORDS)} succeeded in 0.{draw.randint(10, 99)}s" for n in range(50)]  # fmt: skip
    lines += ["Traceback (most recent call last):", *frames.python(25), "psycopg2.errors.UndefinedColumn: column orders.vat_rate does not exist", "", "The above exception was the direct cause of the following exception:", "", "Traceback (most recent call last):", *frames.python(22), '  File "/srv/shop/tasks/report.py", line 64, in monthly', "    rows = session.scalars(select(Order)).all()", *frames.python(44), "sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedColumn) column orders.vat_rate does not exist", "[SQL: SELECT orders.id, orders.vat_rate FROM orders]"]  # fmt: skip
    return _output("celery", "celery -A shop worker", lines, "psycopg2.errors.UndefinedColumn: column orders.vat_rate does not exist", '/srv/shop/tasks/report.py", line 64', "sqlalchemy.exc.ProgrammingError")  # fmt: skip


def laravel(draw: random.Random) -> Output:
    """A log of Laravel: a numbered trace in PHP, of which one frame is in the app."""
    frames = [f"/var/www/html/vendor/laravel/framework/src/Illuminate/{draw.choice(['Pipeline/Pipeline', 'Database/Connection', 'Routing/Router'])}.php({draw.randint(9, 900)}): Illuminate\\\\{draw.choice(WORDS).title()}->{{closure}}(Object(Request))" for _ in range(66)]  # fmt: skip
    frames[12] = "/var/www/html/app/Services/RefundService.php(48): App\\\\Models\\\\Refund->save()"
    lines = [f'[2026-03-04 10:00:{n:02}] production.INFO: {draw.choice(WORDS)} synced {{"id":{draw.randint(100, 999)}}}' for n in range(50)]  # fmt: skip
    lines[25:25] = ["[2026-03-04 10:00:25] production.ERROR: SQLSTATE[22003]: Out of range value for column 'amount' at row 1", "[stacktrace]", *(f"#{n} {frame}" for n, frame in enumerate(frames)), "#66 {main}"]  # fmt: skip
    return _output("laravel log", "tail -n 200 storage/logs/laravel.log", lines, "Out of range value for column 'amount'", "RefundService.php(48)")  # fmt: skip


def docker_states(draw: random.Random) -> Output:
    """docker ps -a: three containers of 70 restart, have ended, or are unhealthy."""
    states = {12: ("Restarting (1) 12 seconds ago", "mailer-1"), 33: ("Exited (137) 3 hours ago", "export-1"), 57: ("Up 4 days (unhealthy)", "search-1")}  # fmt: skip
    lines = ["CONTAINER ID   IMAGE".ljust(52) + "COMMAND                  CREATED        STATUS                          PORTS                    NAMES"]  # fmt: skip
    for n in range(1, 71):
        word = draw.choice(WORDS)
        state, name = states.get(n, (f"Up {draw.randint(2, 9)} days", f"{word}-{n}"))
        lines.append(f"{draw.getrandbits(48):012x}   registry.example.org/{word}:1.{n}".ljust(52) + f'"/entrypoint.sh {word[:4]}…"   {draw.randint(2, 9)} days ago     {state:31} {draw.choice(["8080/tcp", "", f"0.0.0.0:{8000 + n}->80/tcp"]):24} {name}')  # fmt: skip
    return _output("docker ps, states", "docker ps -a", lines, "CONTAINER ID   IMAGE", *(text for state in states.values() for text in state))  # fmt: skip


def pod_states(draw: random.Random) -> Output:
    """kubectl get pods: one of 130 crashes, one is pending, one has no image, and one restarts at times."""
    odd = {20: ("mailer-6c9f7d5b8-x7v2p", "0/1", "CrashLoopBackOff", "214 (2m ago)", "18h"), 61: ("export-5b8d6f7c9-k2j4h", "0/1", "Pending", "0", "3h"), 88: ("search-7d9f8c6b5-m4n6q", "1/1", "Running", "47 (8m ago)", "9d"), 110: ("thumbs-8f7c6d5b4-z9w8x", "0/1", "ImagePullBackOff", "0", "41m")}  # fmt: skip
    lines = [
        "NAMESPACE     NAME                                        READY   STATUS             RESTARTS         AGE"
    ]
    for n in range(1, 131):
        usual = (f"{draw.choice(WORDS)}-{draw.getrandbits(36):09x}-{draw.choice('bcdfg')}x2kz", draw.choice(["1/1", "1/1", "2/2"]), "Running", draw.choice(["0", "0", "0", "1 (4d ago)"]), f"{draw.randint(2, 40)}d")  # fmt: skip
        name, ready, state, restarts, age = odd.get(n, usual)
        lines.append(f"{draw.choice(['shop', 'kube-system', 'monitor']):13} {name:43} {ready:7} {state:18} {restarts:16} {age}")  # fmt: skip
    return _output("kubectl pods, states", "kubectl get pods -A", lines, "NAMESPACE     NAME", *(row[0] for row in odd.values()))  # fmt: skip


def volume_claims(draw: random.Random) -> Output:
    """kubectl get pvc: two of 60 claims have no volume."""
    lines = ["NAME                   STATUS    VOLUME                                     CAPACITY   ACCESS MODES   STORAGECLASS   AGE"]  # fmt: skip
    lines += [f"data-{draw.choice(WORDS)}-{n}".ljust(23) + f"Bound     pvc-{draw.getrandbits(64):016x}-{draw.getrandbits(64):016x}      {draw.choice([8, 20, 100])}Gi       RWO            gp3            {draw.randint(4, 90)}d" for n in range(60)]  # fmt: skip
    lines[17] = "data-kafka-2           Pending" + " " * 88 + "gp3            6h"
    lines[50] = "data-loki-0            Lost      pvc-old                                    0                         gp2            90d"  # fmt: skip
    return _output("kubectl pvc", "kubectl get pvc", lines, "NAME                   STATUS", "data-kafka-2           Pending", "data-loki-0            Lost")  # fmt: skip


TRACES: tuple[Callable[[random.Random], Output], ...] = (
    spring, mockk, aspnet, rspec_backtrace, express, celery, laravel, docker_states, pod_states, volume_claims,
)  # fmt: skip
