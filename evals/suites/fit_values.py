"""The weights that `python -m evals fit` tries, with the values that it compares with the present ones.

The first value of a mechanism that can be left out leaves it out. Weights that only bound time are not here, nor those
of what a caller's embedder or reranker says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TRIED: Mapping[str, tuple[Any, ...]] = {
    # the words of the query
    "relevance.bm25_k1": (0.9, 2.5),
    "relevance.bm25_b": (0.4, 1.0),
    "relevance.bm25_delta": (0.0,),
    "relevance.max_term_share": (0.25, 1.0),
    "relevance.segment_name_times": (0, 1),
    "relevance.abbreviation_share": (0.0, 0.3),
    "relevance.beginning_share": (0.0, 0.3),
    "relevance.stem_share": (0.0, 0.8),
    "relevance.asking_share": (1.0, 0.0),
    "relevance.task_share": (1.0, 0.0),
    "relevance.latest_weight": (0.0, 0.3, 1.0),
    "relevance.earlier_weight": (0.0, 1.0),
    "relevance.first_line_factor": (1.0, 1.5, 3.0),
    # names and calls
    "relevance.mentioned": (0.0, 0.25, 1.0),
    "relevance.mention_exponent": (1.0,),
    "relevance.defined": (0.0, 0.5, 2.0),
    "relevance.member_share": (0.0, 0.4),
    "relevance.call_context": (0.0, 0.075, 0.3),
    "relevance.call_context_of_agents": (0.0, 0.3, 1.2),
    "relevance.call_size_exponent": (0.0, 1.0),
    # the place of a segment
    "relevance.neighbour_share": (0.0, 0.15, 0.5),
    "relevance.region_share": (0.0, 1.0, 3.0),
    "relevance.region_characters": (250.0, 1_000.0),
    "relevance.recency": (0.0, 0.05),
    # the document of a segment
    "relevance.evidence_share": (0.0, 0.6, 0.8),
    "relevance.evidence_segments": (1, 2, 5),
    "relevance.other_source_share": (1.0, 0.3),
    "relevance.source_name_share": (1.0,),
    "relevance.table": (0.0, 1.0),
    "relevance.section": (0.0, 0.3, 1.2),
    # second hops
    "relevance.title_share": (0.0, 0.3, 0.8),
    "relevance.hop_rounds": (1,),
    "relevance.hop_hits": (6, 24),
    "relevance.later_name_share": (0.0,),
    "relevance.definition_share": (0.0,),
    "relevance.name_exponent": (0.25, 1.0),
    "relevance.id_share": (0.0, 0.5),
    # what texts say by themselves
    "relevance.output_share": (0.0,),
    "relevance.odd_record": (0.0, 0.6),
    "relevance.max_picked_share": (0.0,),
    "relevance.extreme_rows": (0, 1),
    # entities
    "relevance.said_factor": (1.0, 4.0),
    "relevance.spoken_of_factor": (1.0,),
    # the choice
    "plan.density_exponent": (0.4, 0.6),
    "plan.entity_value": (0.0, 0.35, 1.4),
    "plan.diminishing_factor": (1.0, 0.8),
    "plan.repeated_share": (1.0, 0.0),
    "plan.drops_outdated": (False,),
    "plan.names_share": (0.0, 0.03, 0.1),
    "plan.signatures_share": (0.0, 0.02),
    "plan.min_segment_characters": (250,),
    "plan.max_segment_characters": (1_000,),
    "plan.small_talk_characters": (0,),
    "plan.min_fold_frame_share": (2.0,),
    "plan.max_explicit_of_forms": (1.0,),
    "plan.density_sample_characters": (0,),
}
