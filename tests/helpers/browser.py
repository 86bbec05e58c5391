"""A real browser without a screen: Chromium's headless shell, spoken to over two pipes in the DevTools protocol.

One process for each `Browser`; it is closed by its own process, never by name. Needs no driver and no port.
"""

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    *("--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--hide-scrollbars", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
)


def program():
    """The browser that is there; None without one."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


# The protocol is on the browser's descriptors 3 and 4.
_AS_3_AND_4 = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for place, end in enumerate(ends, start=3):
    os.dup2(end, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """Opens pages and looks at them. `with Browser() as browser: page = browser.open(path)`."""

    def __init__(self, seconds=60):
        self._seconds = seconds  # for one answer; a machine that is busy takes its time
        self._target = self._session = None
        self._ids = itertools.count(1)
        self._held = b""
        self.events = []
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        start = [sys.executable, "-c", _AS_3_AND_4, str(theirs_in), str(theirs_out), program(), *_ARGUMENTS]
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        self._process = subprocess.Popen(
            [*start, f"--user-data-dir={self._profile.name}"], pass_fds=(theirs_in, theirs_out), **quiet
        )
        os.close(theirs_in)
        os.close(theirs_out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def call(self, method, params=None):
        """A command to the tab, or where there is none to the browser, and its result."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params or {}}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def open(self, path, width, height=900, dark=False, scripts=True):
        """Loads a file in a new tab of that size; a narrow one is a phone."""
        self._fresh_tab()
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.call("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        self.call("Page.navigate", {"url": path.resolve().as_uri()})
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def value(self, expression):
        """What an expression is in the page."""
        found = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def screenshot(self, path, whole=True, clip=None):
        """A PNG of the page."""
        size = {"captureBeyondViewport": whole}
        if clip:
            size["clip"] = {**dict(zip(("x", "y", "width", "height"), clip, strict=True)), "scale": 1}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", {"format": "png", **size})["data"]))

    def judge(self, path, width, dark, folder):
        """Opens every part of a page of ours: it fits, has the colours of its mode, and loads and runs nothing."""
        self.open(path, width, dark=dark)
        self.value("document.querySelectorAll('details').forEach(one => one.open = true)")
        self.screenshot(folder / f"{width}-{'dark' if dark else 'light'}.png", whole=False)
        wide, seen = self.value("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= seen, "nothing is to be scrolled sideways"
        assert self.value("document.querySelectorAll('script, img, link, iframe').length") == 0
        assert self.requests() == [path.resolve().as_uri()]
        assert self.complaints() == []
        assert (self.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)") != dark

    def complaints(self):
        """What the page said on the console or failed to load."""
        kinds = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Network.loadingFailed")
        return [event for event in self.events if event.get("method") in kinds]

    def requests(self):
        """The addresses that were asked for."""
        sent = (event for event in self.events if event.get("method") == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]

    def _fresh_tab(self):
        """A tab that knows nothing of the one before, which is closed."""
        old, self._session = self._target, None
        self._target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        if old:
            self.call("Target.closeTarget", {"targetId": old})
        self._session = self.call("Target.attachToTarget", {"targetId": self._target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.events.clear()

    def _next(self):
        while b"\0" not in self._held:
            ready, _, _ = select.select([self._in], [], [], self._seconds)
            assert ready, f"the browser has not answered for {self._seconds} s"
            more = os.read(self._in, 1 << 16)
            assert more, f"the browser has gone (exit code {self._process.poll()})"
            self._held += more
        one, _, self._held = self._held.partition(b"\0")
        return json.loads(one)
