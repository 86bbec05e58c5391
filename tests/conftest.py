"""What every test shares: hypothesis profiles, and a litellm that fetches nothing.

Does not set up a vocabulary for compresskit: it has to find litellm's bundle by itself, as for a user.
"""

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Building a conversation takes longer than hypothesis expects of one example, and speed is no law here.
_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
}
settings.register_profile("ci", derandomize=True, database=None, max_examples=64, **_COMMON)
settings.register_profile("dev", database=None, max_examples=25, **_COMMON)
settings.register_profile("deep", database=None, max_examples=2_000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


collect_ignore = ["helpers", "clients/users_project.py"]  # no tests, though scripts/test looks for doctests
collect_ignore_glob = ["*conftest.py"]
# Files that take long. They come first, so that no worker is left alone with one of them in the end.
LONGEST = (
    "integrations/test_litellm_proxy.py", "integrations/test_litellm_turns.py", "cli/test_cli_serve.py",
    "laws/test_data.py", "project/test_examples.py", "shrink/test_llmlingua.py",
    "laws/test_sizes.py", "clients/test_client_laws.py", "laws/test_chains.py", "laws/test_turns.py",
    "project/test_types.py", "integrations/test_litellm_responses.py", "evals/test_eval_ray.py", "cli/test_cli_pipe.py",
    "laws/test_laws.py", "laws/test_stability.py", "laws/test_shrinking_laws.py", "cli/test_cli_hook.py",
    "cli/test_cli_show.py", "cli/test_cli_output.py", "mcp/test_mcp_ways.py",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """The longest files first."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


def pytest_collection_finish():
    """Leaves what was imported out of garbage collections, which would go through all of it each time."""
    gc.collect()
    gc.freeze()


# litellm fetches price lists and the like from the network, unless told not to before it is imported.
os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True"}
# Each client of an SDK reads all certificates of the system, and the tests make thousands. All servers are local.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "helpers" / "no_authority.pem")


@pytest.fixture(autouse=True, scope="session")
def _litellm_closes_its_connections():
    yield
    for name in ("conversing", "proxy_forks"):
        if name in sys.modules:
            sys.modules[name].close()


@pytest.fixture(scope="session")
def browser():
    """A headless browser."""
    from browser import Browser, program

    assert program(), "no Chromium here: scripts/install-services"
    with Browser() as found:
        yield found


@pytest.fixture(scope="module")
def provider():
    """A provider of models that retrieve and answer, in the protocols that the proxy speaks."""
    from protocol_server import serving
    from proxy_model import thinks

    with serving(thinks) as server:
        yield server
