"""`python -m evals fit`: weights that tell needed segments from others, and figures on what they were not fitted on."""

from itertools import pairwise

import numpy as np
import pytest

from compresskit.content import Segment
from compresskit.relevance import Document
from compresskit.relevance.weights import WEIGHTS
from evals.harness import records
from evals.suites import fit


def pairs(telling, seed=0):
    """Pairs of chance, but for the telling signal: it is higher in the needed segment."""
    random = np.random.default_rng(seed)
    rows = random.random((2, fit.PAIRS, len(fit.FIELDS)))
    rows[0, :, list(fit.FIELDS).index(telling)] += 0.5
    return fit.Pairs(rows, np.ones((2, fit.PAIRS)))


@pytest.mark.parametrize("signal", ["own_call", "linked", "mentioned"])
def test_a_signal_that_tells_more_than_words_gets_more_weight(signal):
    (field,) = fit.FIELDS[signal]
    found = fit.fitted({"one": [pairs(signal), pairs("words", 1)], "two": [pairs(signal, 2)]})
    changes = {name: found[name] / getattr(WEIGHTS, name) for names in fit.FIELDS.values() for name in names}
    assert changes[field] > 1
    assert max(changes, key=changes.get) == field


def test_evidence_gets_its_share_if_needed_segments_are_in_better_documents():
    chance = np.random.default_rng(0).random((2, fit.PAIRS, len(fit.FIELDS)))
    better = fit.Pairs(chance, np.array([np.ones(fit.PAIRS), np.full(fit.PAIRS, 0.5)]))
    worse = better._replace(evidence=better.evidence[::-1])
    assert fit.fitted({"a": [better]})["evidence_share"] == max(fit.EVIDENCE)
    assert fit.fitted({"a": [worse]})["evidence_share"] == 0


def test_a_segment_is_positive_if_it_has_a_part_of_a_need():
    text = 'first line\nsecond line\n{"third": "a \\"quoted\\" line"}\n'
    cuts = [0, 11, 23, len(text)]
    document = Document(text, [Segment(start, end, "") for start, end in pairwise(cuts)], "", 0.0)
    assert fit.positives(document, ["line\nsecond"]) == [True, True, False]
    assert fit.positives(document, ['a "quoted" line', "absent"]) == [False, False, True]


def test_the_sample_is_measured_with_weights_of_the_other_family(tmp_path, capsys):
    path = tmp_path / "record.json"
    assert fit.main(["--data", "sample", "--limit", "1", "--json", str(path)]) == 0
    record = records.read(path)
    assert {line["compressor"] for line in record["figures"]} == {"defaults", "left out"}
    assert {line["group"] for line in record["figures"]} == {"sample", "agents/sample"}
    assert "evidence_share" in capsys.readouterr().out
