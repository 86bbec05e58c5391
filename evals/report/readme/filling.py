"""Fills templates with figures, and the marked places of pages with templates. Reads and writes no files.

A place in a template is `{RECORD; GROUP; COMPRESSOR; HEADING}`, a figure as `0.86 [0.79–0.92]`; with one more part it
is said in another form (`FORMS`). GROUP may be `*` for all groups, COMPRESSOR `A - B` for a difference
or `A / B` for a ratio.
`{RECORD; package; NAME}` is a version, `{RECORD; about; NAME}` another fact of the record.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence

from evals.harness.stats import Estimate
from evals.report.numbers import interval, number, percent
from evals.report.reading import Line, Record, RecordError

_WIDE = 120
_COMPARED = re.compile(r" ([-/]) ")
_PLACE = re.compile(r"\{([^{}]+;[^{}]+)\}")
_MARKED = re.compile(r"(?<=<!-- figures: )([\w-]+)( -->\n)(.*?)(?=<!-- end of figures -->)", re.DOTALL)

FORMS: dict[str, Callable[[Estimate], str]] = {
    "mean": lambda found: number(found.mean),
    "percent": lambda found: percent(found.mean),
    "tokens": lambda found: f"{found.mean:,.0f}",
    "thousands": lambda found: f"{found.mean / 1000:.1f}k",
    "signed": lambda found: "0" if abs(found.mean) < 0.005 else f"{found.mean:+.2f}",
    "one digit": lambda found: f"{found.mean:.1f}",
}
_COUNTS: dict[str, Callable[[Line, Estimate | None], float]] = {
    "cases": lambda line, _: line.cases,
    "errors": lambda line, _: line.errors,
    "count": lambda _, found: found.mean * found.cases if found else 0,
    "lacking": lambda _, found: (1 - found.mean) * found.cases if found else 0,
}


def fill(template: str, records: Mapping[str, Record]) -> str:
    """The template with a figure in every place and its paragraphs wrapped; what a record does not have is a
    `RecordError`."""
    filled = _PLACE.sub(lambda place: _figure([part.strip() for part in place[1].split(";")], records), template)
    return "\n\n".join(map(_wrapped, filled.split("\n\n")))


def replaced(page: str, texts: Mapping[str, str]) -> str:
    """The page with these texts in its marked places."""
    return _MARKED.sub(lambda place: f"{place[1]}{place[2]}{texts[place[1]].strip()}\n", page)


def check_places(pages: Iterable[str], texts: Mapping[str, str]) -> None:
    """Raises RecordError unless every place has a text, and every text at least one place."""
    marked = {place[1] for page in pages for place in _MARKED.finditer(page)}
    if marked != set(texts):
        raise RecordError(
            f"the pages have places for figures named {', '.join(sorted(marked)) or 'nothing'}, and there are "
            f"templates {', '.join(sorted(texts))}; each template needs a place <!-- figures: NAME -->."
        )


def _wrapped(block: str) -> str:
    """A paragraph in lines of at most 120 characters; a table or a list stays as it is."""
    if block.lstrip().startswith(("|", "- ")):
        return block
    return textwrap.fill(block, _WIDE, break_long_words=False, break_on_hyphens=False)


def _figure(parts: Sequence[str], records: Mapping[str, Record]) -> str:
    name, group, compressor, *rest = parts
    if name not in records:
        raise RecordError(f"no record {name!r} (there are {', '.join(sorted(records))}); add it with --add or --run.")
    record = records[name]
    if group == "package":
        return str((record.about.get("packages") or {}).get(compressor) or "unknown")
    if group == "about":
        return _said(record, compressor)
    heading, form = (*rest, "")[:2]
    if form in _COUNTS:
        return f"{sum(_counted(line, heading, form) for line in _lines(record, group, compressor)):,.0f}"
    if form == "failed":
        (line,) = _lines(record, group, compressor)
        return percent(line.errors / line.cases)
    first, sign, second = (*_COMPARED.split(compressor, maxsplit=1), "", "")[:3]
    found = _estimate(record, group, first, heading)
    if second:
        other = _estimate(record, group, second, heading).mean
        compared = found.mean - other if sign == "-" else found.mean / other
        found = Estimate(compared, compared, compared, found.cases)  # how sure it is would need the rows
    if not form:
        around = interval(heading, found)
        return f"{number(found.mean)} [{around}]" if around else number(found.mean)
    if form not in FORMS:
        raise RecordError(f"{form!r} is no form of a figure; there are {', '.join([*FORMS, *_COUNTS, 'failed'])}.")
    return FORMS[form](found)


def _said(record: Record, name: str) -> str:
    value = record.about.get(name, record.options.get(name))
    if value is None:
        raise RecordError(f"{record.name}.json says nothing of {name!r}.")
    return number(value) if isinstance(value, int | float) else str(value)


def _lines(record: Record, group: str, compressor: str) -> list[Line]:
    if group != "*":
        return [record.line(group, compressor)]
    found = [line for line in record.lines if line.compressor == compressor]
    if not found:
        raise RecordError(f"{record.name}.json has nothing of {compressor!r}.")
    return found


def _counted(line: Line, heading: str, form: str) -> float:
    return round(_COUNTS[form](line, line.figures.get(heading)))


def _estimate(record: Record, group: str, compressor: str, heading: str) -> Estimate:
    line = record.line(group, compressor)
    found = line.figures.get(heading)
    if found is None:
        raise RecordError(
            f"{record.name}.json has no figure {heading!r} of {compressor!r} in {group!r}; "
            f"there are {', '.join(key for key, value in line.figures.items() if value)}."
        )
    return found
