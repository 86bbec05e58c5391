"""What segments are worth beside each other."""

import pytest

from compresskit.content import Segment
from compresskit.relevance import Document, score
from compresskit.types import Query

QUERY = Query({"lighthouse": 1.0}, {})
PARTS = ["The harbour was quiet that year.", "The lighthouse burned in 1911.", "Nobody came to see it."]


def values(separator, kind):
    """The values of three segments, of which the middle one matters."""
    text, segments = "", []
    for part in PARTS:
        segments.append(Segment(len(text), len(text) + len(part) + len(separator), ""))
        text += part + separator
    other = Document("Something else altogether.\n", [Segment(0, 27, "")], "", 0.0, kind)
    return score([Document(text, segments, "", 0.0, kind), other], QUERY)[0]


@pytest.mark.parametrize("kind", ["prose", "python", "code"])
def test_what_stands_beside_a_hit_is_worth_a_share_of_it(kind):
    first, hit, last = values("\n", kind)
    assert hit > first == last > 0


@pytest.mark.parametrize("blank", ["\n\n", "\r\n\r\n", "\n\n\n"])
def test_another_paragraph_of_prose_has_less_of_it(blank):
    near, far = values("\n", "prose"), values(blank, "prose")
    assert near[1] == far[1]
    assert far[0] == far[2] == pytest.approx(near[0] / 2)


def test_blank_lines_part_nothing_in_code():
    assert values("\n\n", "python") == values("\n", "python")
