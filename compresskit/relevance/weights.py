"""The numbers of this package that decide which text is kept: the value of each segment, and of each entity."""

from __future__ import annotations

from dataclasses import dataclass

from .._weights import weight

_BM25 = "rank-bm25's default"
_RRF = "Cormack, Clarke & Büttcher 2009"
_RETURNS = "`python -m evals agent-points`: how often what an agent does next names entities of each kind"
_OUTPUTS = "`python -m evals outputs`"
_POINTS = "`python -m evals agent-points`: without it 0.870 instead of 0.878"


@dataclass(frozen=True, kw_only=True)
class RelevanceWeights:
    """Weights of relevance. A signal of 1 is worth as much as the best hit of the query's words."""

    # Words of the query (bm25.py)
    bm25_k1: float = weight(1.5, "BM25's saturation of a term that occurs often", _BM25)
    bm25_b: float = weight(0.75, "BM25's normalisation by length, from 0 to 1", _BM25)
    bm25_delta: float = weight(1, "BM25+'s least gain of a term that occurs", f"{_BM25}; Lv & Zhai 2011")
    max_term_share: float = weight(
        0.5,
        "share of the segments that may have a term that counts, maximum",
        "BM25's own idf (Robertson & Spärck Jones 1976) is negative from here on",
    )
    min_term_segments: int = weight(10, "segments that may have a term that counts, whatever their share is")
    segment_name_times: int = weight(2, "times that the words of a segment's name count as its own text")

    # Words that stand for those of the query (term_matching.py)
    abbreviation_share: float = weight(
        0.6,
        "share of a word's weight for what it abbreviates, its short forms, and it joined with the next word; 0: none",
        "`python -m evals needs`: fixes 0.813 to 0.819",
    )
    min_stemmed_letters: int = weight(6, "letters of a word whose beginning finds words that end otherwise, minimum")
    stem_letters_share: float = weight(0.7, "share of its letters that its other forms have too, minimum")
    beginning_share: float = weight(
        0.15, "share for a longer word that begins with it, and for its own first letters; 0: none"
    )
    stem_share: float = weight(
        0.5,
        "share for a word that only ends otherwise; 0: none",
        "`python -m evals needs`: questions in five languages 0.970 to 0.983, fixes 0.813 to 0.825",
    )

    compound_share: float = weight(
        0.75,
        "share of the lesser weight of two words that are neighbours in a name such as userName, for the pair; 0: none",
        "fixes of eleven other repositories 0.818 to 0.826; with 1.5 `python -m evals needs`: fixes -0.01",
    )

    # What the query is made of (query.py)
    asked_weight: float = weight(1.0, "weight of the words of the last user message and the task")
    asking_share: float = weight(
        0.3,
        "share of that for words that say what is to be done, and not with which text, such as fix or summarize",
        "`python -m evals needs`: fixes 0.818 to 0.825, alerts 0.89 to 0.92",
    )
    task_share: float = weight(
        0.3,
        "share of that for the task, if the last message asks another question",
        "`python -m evals needs`: meetings 0.72 to 0.75, contracts 0.86 to 0.88",
    )
    full_data_characters: int = weight(
        6_000, "characters of the data beside a question up to which their words count as much as those of the question"
    )
    latest_weight: float = weight(
        0.6,
        "weight of the words and calls of the latest assistant turns; less the more surely the last message asks",
        "`python -m evals needs --limit 50`: contracts 0.42 to 0.51, linked pages 0.64 to 0.72 since it does",
    )
    earlier_weight: float = weight(0.5, "weight of the words of earlier requests")
    earlier_share: float = weight(
        0.1,
        "share of that, and of the weight of the task's data, if the last message asks and the earlier one does not",
        "long chats (LoCoMo) at 20 %, each session a message: 0.22 to 0.81; each turn a message: 0.57 to 0.77",
    )
    follow_up_decay: float = weight(
        0.5,
        "factor of that for each question farther back, if the last message asks a question and they did, too",
        "follow-up questions (MTRAG) over documents 0.73 to 0.78 against earlier_share for all, long chats no less",
    )
    running_share: float = weight(
        0.5,
        "share of running text in the newest results from which on they are passages that a question is about",
        "follow-up questions (MTRAG) that a search answers 0.48 to 0.60; `python -m evals agent-points` as before",
    )
    question_terms: int = weight(2, 'words of a question, minimum: "Go on." asks about no text')
    latest_turns: int = weight(3, "assistant turns that show where the work stands")
    earlier_messages: int = weight(12, "messages of the user that count as earlier requests, maximum")
    max_request_characters: int = weight(800, "characters of an earlier request, maximum: a longer one is data")
    first_line_factor: float = weight(
        2.0,
        "factor of the words in the first line of a text, which is its title or the question; 1: they count as others",
        "`python -m evals needs`: with 1.5 fixes 0.833, with 2.0 0.838; agent runs 0.878 and 0.887",
    )
    full_weight_characters: int = weight(
        4_000, "characters of a text up to which each of its words counts fully: longer ones hold data"
    )

    # Names and calls (score.py)
    mentioned: float = weight(0.5, "value of an exact name that the query says; 0: none")
    mention_exponent: float = weight(0.5, "exponent by which segments share the value of a name that they all say")
    defined: float = weight(1.0, "value of a definition that the query names; 0: none")
    member_share: float = weight(0.75, "share of that for a part of the definition")
    call_context: float = weight(
        0.15,
        "value that a call that matches a question lends to all of its text; 0: none",
        "`python -m evals fit`: left out +0.007 over all families; man pages, fixes and SWE-bench gain by 0.02 to 0.06",
    )
    call_context_of_agents: float = weight(
        0.6,
        "the same if the next step of an agent is asked for, and no question",
        "`python -m evals ablate --on agent-points`: τ-bench 0.87 to 0.92 against 0.15, the other runs -0.01 to 0",
    )
    call_size_exponent: float = weight(
        0.7,
        "exponent of a segment's size, over the mean size, by which its share of that value grows",
        "`python -m evals swe-bench --retention`: lines 0.81 to 0.84, files 0.87 to 0.89",
    )
    max_call_size: float = weight(2.0, "multiple of the mean size up to which that value grows")

    # The place of a segment (score.py)
    neighbour_share: float = weight(0.3, "share of a segment's value that it lends to its neighbours; 0: none")
    region_share: float = weight(
        2.0,
        "value of a segment of running text as a multiple of the mean value around it; 0: none",
        "`python -m evals needs`: meetings 0.67 to 0.75, papers 0.88 to 0.92; with 3, 2WikiMultiHop loses 0.03",
    )
    min_region_segments: int = weight(8, "segments of running text that has several regions, minimum")
    region_characters: float = weight(
        500.0, "characters of distance after which a segment counts 1/e in that mean", "`python -m evals needs`"
    )
    recency: float = weight(0.1, "value of the newest text over the oldest; 0: none")

    # The document of a segment (score.py)
    evidence_share: float = weight(
        0.9,
        "share of a segment's value that depends on its document, if the query asks about documents; 0: none",
        "`python -m evals fit`: 0.9 whichever family of groups is left out; fixes 0.767 to 0.82",
    )
    evidence_segments: int = weight(
        3,
        "best segments of a document, whose mean is the evidence for it",
        "`python -m evals needs`: fixes 0.864, with 5 0.856",
    )

    other_source_share: float = weight(
        0.0,
        "share of the evidence for other documents if the question names the source of one; 1: all",
        "`python -m evals needs`: contracts 0.42 to 0.54, with 0.3 0.52",
    )
    exclusive_question_terms: int = weight(
        40,
        "different words of a question up to which a source that it names excludes all others: less in a longer one, "
        "such as an issue with a stack trace",
        "`python -m evals swe-bench --retention`: lines 0.849 to 0.871, files 0.89 to 0.91; without a bound the same",
    )
    min_source_characters: int = weight(4, "characters of a name of a source, minimum")
    min_source_words: int = weight(3, "words of a title without such signs as names have, minimum")
    min_dashed_source_characters: int = weight(
        6, "characters of words that dashes join, which name a source only in a call, minimum"
    )
    max_named_share: float = weight(0.5, "share of the texts that may have a name that tells texts apart, maximum")
    source_name_share: float = weight(
        0.25,
        "share of the weight of words that only name a source",
        "`python -m evals needs`: contracts 0.87, with 1 0.79",
    )

    # Sections (sections.py)
    section: float = weight(
        0.6,
        "value of a segment below the heading that says most of the query; 0: none",
        "`python -m evals needs`: documentation, changelogs and laws that their titles are asked for 0.69 to 0.87",
    )
    min_section_share: float = weight(0.5, "share of that heading's value from which on a heading counts")
    title_exponent: float = weight(0.5, "exponent of the share of its words that are in the query")
    path_share: float = weight(0.5, "share of the words of the headings above it")
    named_section: float = weight(
        8.0,
        "value of a segment of mean size below a heading that the question names by its number, or by its whole title "
        "as far as it asks for nothing else; longer ones have more",
        "changelogs asked for one version at a tenth of the text (read in place): 0.81 to 0.94, with 2.0 0.90",
    )

    min_title_terms: int = weight(2, "words of the query in a title that names a section, minimum")

    # Tables (tables.py)
    table: float = weight(
        0.5,
        "value of the best table, if it were as short as a segment; 0: none",
        "`python -m evals needs --groups needs/tables_wtq --limit 50`: 0.78 with 0, 0.88 to 0.90 with 0.5 to 2.0",
    )

    min_table_rows: int = weight(3, "rows of a table, minimum: a record that is a text of its own speaks for itself")

    # Second hops (links.py)
    hop_rounds: int = weight(2, "hops: one from the hits, and one from where it led")
    hop_hits: int = weight(12, "best segments of a round that lead on")
    title_share: float = weight(
        0.5,
        "share of a hit's value that goes to a text that begins with a name in the hit; 0: none",
        "`python -m evals needs`: 2WikiMultiHop in eight layouts 0.81 to 0.94, MuSiQue 0.87 to 0.94",
    )
    leading_names: int = weight(3, "names that a text may begin with, wrappers such as Passage among them")
    later_name_share: float = weight(0.5, "share of that for a name behind these, within the text's first characters")
    max_name_share: float = weight(0.2, "share of the segments that may begin with a name that is followed, maximum")
    min_name_segments: int = weight(10, "segments that may begin with a name that is followed, whatever their share is")
    definition_share: float = weight(
        0.2, "share that goes to the definition that it names, since functions' names tell less; 0: none"
    )
    name_exponent: float = weight(0.5, "exponent by which texts of the same name share that value")
    min_name_characters: int = weight(4, "characters of a name of one word that is followed, minimum")

    # Lines, rows and records with the same id (joins.py)
    id_share: float = weight(
        1.0,
        "share of a hit's value that goes to others with an id that it has; 0: none",
        "`python -m evals needs`: logs that are asked for one request or process 0.96 to 0.98",
    )
    min_joined_share: float = weight(0.5, "share of the best hit's value from which on a hit's ids are followed")
    max_id_segments: int = weight(24, "segments that may have an id that is followed, maximum")

    # Lines and records unlike the others (outliers.py)
    min_outlier_lines: int = weight(12, "lines below which nothing is rare")
    others_frame_share: float = weight(0.3, "share of its value that a frame of a library keeps in a trace")
    min_quoted_lines: int = weight(8, "lines in a string of JSON that is what a command wrote, minimum")
    max_quoting_strings: int = weight(4, "such strings in a JSON text that is an output, maximum; more are records")
    max_rare_lines: int = weight(2, "lines of a kind that is rare, maximum")
    first_of_kind: float = weight(0.4, "share of that value for the first line of a common kind")
    alarming: float = weight(0.6, "share of that value for the first line of a kind that speaks of failure, minimum")
    own_words: float = weight(
        2.0,
        "value of a sentence in words of its own in a text that repeats most of its words, for a question; 0: none",
        "25 kinds of text that nobody tuned for (read in place): 0.714 to 0.745, and 8 others 0.716 to 0.791",
    )
    max_own_share: float = weight(
        0.1,
        "share of the words of a text that hardly any other sentence has, above which it counts as one without repeats",
        "below 0.1 in forms, chats, lists and logs, and above it in prose and code",
    )
    min_own_words: int = weight(3, "such words of a sentence, minimum")
    min_own_sentence_share: float = weight(0.3, "share of its words that are such words, minimum")
    common_share: float = weight(0.9, "share of the rows that have the common values of a column, minimum")
    alike_words_share: float = weight(
        0.6, "share of their words that most rows with a word of the question have, from which on they are alike"
    )
    min_odd_row: float = weight(0.4, "oddness of one of these rows, from which on the question means it")
    max_odd_rows: int = weight(3, "such rows, unless max_odd_share allows more, maximum")
    max_odd_share: float = weight(0.02, "share of the rows that have an odd value, maximum")
    max_odd_count_share: float = weight(
        0.25, "rows that have an odd value, as a share of the rows that have a usual value of the column, maximum"
    )

    # Outputs of commands (output_signals.py)
    output_share: float = weight(
        1.0,
        "value of what logs say by themselves, and results of calls for an agent, as a multiple of their value there; "
        "0: none",
        "`python -m evals needs`: alerts 0.67 to 0.88; `python -m evals outputs`: tests 0.56 to 0.91",
    )
    head_share: float = weight(
        0.7,
        "share of the best value in a paragraph of an output that its first segment has, which says what it is of; "
        "0: none",
    )
    odd_record: float = weight(
        0.3,
        "value of a record that is unlike all others; 0: none",
        "`python -m evals needs`: tables 0.86 to 0.90, with 1.0 0.85",
    )
    level_severities: tuple[float, float, float] = weight((0.5, 0.9, 1.0), "severity of WARN, ERROR and FATAL")
    quiet_alarm: float = weight(0.2, "severity of a word of failure in a line of INFO")
    command_share: float = weight(
        0.1,
        "share of the weight of the words of a command, which say less than a query what its output is for",
        _OUTPUTS,
    )
    unasked_share: float = weight(0.3, "share of the relevance to a command that counts if there is no query", _OUTPUTS)
    failure: float = weight(
        1.0, "value of a line of failure that no other is like, as much as the best hit of the query", _OUTPUTS
    )
    total: float = weight(0.6, "value of a line that counts how it went, such as 41 passed", _OUTPUTS)
    alike_exponent: float = weight(0.5, "exponent of the lines that are alike, by which these values shrink", _OUTPUTS)
    next_share: float = weight(0.5, "factor of each further such line of the same segment", _OUTPUTS)
    beside_failure: float = weight(0.5, "share of these values that neighbours get, and so on outwards", _OUTPUTS)
    min_counting_lines: int = weight(4, "lines alike that count how something went, minimum; fewer are alike by chance")
    max_telling_lines: int = weight(8, "lines of a part whose failures and counts add up, maximum")
    odd_cell: float = weight(0.7, "oddness of a row of a table for one odd word, and of the rest for a next", _OUTPUTS)
    own_frame: float = weight(0.7, "value of the first frame of the program's own code in a stack trace", _OUTPUTS)
    min_telling: float = weight(0.2, "value of such a line, or of an odd row, that makes it a segment", _OUTPUTS)
    thrown: float = weight(0.9, "value of a line of a stack trace that says what was thrown or caused it", _OUTPUTS)
    max_extremes: int = weight(3, "numbers of a column that may be beyond all others, maximum")
    scarce_exponent: float = weight(
        4.0, "exponent of the share of the parts that are less odd, by which oddness shrinks if it is common", _OUTPUTS
    )
    odd_line: float = weight(0.6, "value of a line or record of an output that is unlike all others", _OUTPUTS)
    last_lines: float = weight(0.6, "value of the last lines, in which outputs say how it went", _OUTPUTS)
    first_lines: float = weight(0.3, "value of the first lines, which have the names of columns", _OUTPUTS)

    # Rows of a listing that the question picks out (rows.py)
    picked_row: float = weight(
        3.0, "value of a row that is surely meant, beside its relevance: more than that comes to by itself"
    )
    sure_share: float = weight(0.5, "certainty, from 0 to 1, from which on a row is kept before all else")
    min_listing_rows: int = weight(
        30,
        "rows of a listing, minimum: below, nothing is rare",
        "`python -m evals agent-points`: τ-bench 0.88 with fewer, 0.91 with 30",
    )
    enough_coverage: float = weight(
        0.5,
        "share of what a listing's rows say of the question, from which on a row that says so much is meant for sure",
    )
    max_picked_share: float = weight(0.1, "share of the rows, and of the text, that is picked out, maximum; 0: none")
    max_word_share: float = weight(0.3, "share of the rows that hold a word that still counts, maximum")
    min_rest_characters: int = weight(
        60,
        "characters beside a picked row that are a segment of their own, minimum: fewer cost as much as their marker",
        "notebooks (read in place): 0.69 to 0.94",
    )
    max_record_lines: int = weight(20, "lines of a row, maximum")
    max_optional_lines: int = weight(2, "lines that a row may have more or less than most, maximum")
    min_records: int = weight(6, "rows of several lines that make a listing, minimum")
    alike_share: float = weight(0.8, "share of the lines that begin the same, or are of rows that do, minimum")
    min_opener_share: float = weight(0.04, "share of the lines that begin as rows of several lines do, minimum")

    # Rows that a superlative asks for (extremes.py)
    extreme_rows: int = weight(
        2,
        "rows at the end of a column that a superlative asks for, if it names no number; 0: none",
        "`python -m evals needs`: tables asked for their highest and lowest values 0.36 to 1.00",
    )
    extreme_fade: float = weight(0.2, "by how much the certainty of each further one of these rows is divided more")
    other_end_share: float = weight(
        0.3, "certainty of the row at the other end of the column, and of columns that the question names in part"
    )
    min_ordered_share: float = weight(0.7, "share of the cells of a column that are numbers or dates, minimum")

    # Text that later texts show too (duplicates.py)
    min_repeated_line_characters: int = weight(
        12, "characters of a line that tells texts apart, minimum: shorter ones are everywhere"
    )
    min_repeated_text_share: float = weight(
        0.25, "share of a text that is repeated, minimum: less is what many files have in common"
    )
    min_repeated_line_share: float = weight(0.95, "share of a segment's lines that a later text shows, minimum")

    # Vectors (fusion.py)
    fusion_k: int = weight(60, "k of reciprocal rank fusion", _RRF)
    trust_checks: int = weight(8, "best hits of the words that the vectors are checked against, maximum")
    trust_check_divisor: int = weight(4, "segments for each of these hits, minimum")
    unchecked_trust: float = weight(0.5, "trust in the vectors if the words find nothing, from 0 to 1")
    unchecked_best: float = weight(1.0, "value of the best segment then: as much as the best hit of words")

    # A reranker (reranking.py, fusion.py)
    reranked_segments: int = weight(
        64,
        "best segments that a reranker judges, maximum",
        "`python -m evals needs --embedder rerank:oracle`: of the gain with 256, 0.09 of 0.11",
    )
    rerank_share: float = weight(
        0.5,
        "share of the way up from a segment's value to the one by the reranker's order; 0: none",
        "`python -m evals needs --embedder rerank:minilm`: 0.5 whichever family of groups is left out; 0.767 to 0.790",
    )

    # Entities (entities.py): the probability that each is needed again, against an ordinary name
    said_factor: float = weight(8.0, "factor of an entity that the assistant or the user said", _RETURNS)
    id_prior: float = weight(3.0, "prior of an id of words and three or more digits", _RETURNS)
    code_prior: float = weight(1.5, "prior of an id of capitals and digits", _RETURNS)
    date_prior: float = weight(2.0, "prior of a date", _RETURNS)
    name_prior: float = weight(1.0, "prior of a path or an identifier: the unit")
    mixed_prior: float = weight(0.4, "prior of other words with digits", _RETURNS)
    dashed_prior: float = weight(0.1, "prior of words that dashes join", _RETURNS)
    number_priors: tuple[float, ...] = weight(
        (0.1, 0.1, 0.3, 0.4), "priors of numbers of one, two, three, and four or more digits", _RETURNS
    )
    message_factors: tuple[float, ...] = weight(
        (1.0, 1.0, 3.0, 3.5, 3.5, 1.5),
        "factors by the number of messages that have an entity: 0, 1, 2, 3, 4, and more",
        _RETURNS,
    )
    spoken_of_factor: float = weight(
        3.0, 'factor of an id whose words the latest turns say: "your credit card" and credit_card_4421486', _POINTS
    )
    spoken_of_messages: int = weight(6, "latest messages that speak of ids")

    # Names that markers may tell (entity_names.py)
    max_marker_name_characters: int = weight(100, "characters of a name in a marker, maximum")
    min_dotted_characters: int = weight(4, 'letters and digits of a dotted name, minimum: "e.g" and "U.S" have fewer')
    code_letters: int = weight(
        3, "letters of a name in capitals such as JFK; longer words in capitals seldom are names"
    )
    min_id_characters: int = weight(6, 'characters of an id of letters and digits, minimum: "h1" and "2nd" are none')


WEIGHTS = RelevanceWeights()
