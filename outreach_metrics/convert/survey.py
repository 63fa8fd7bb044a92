"""What the survey kinds share: questions and answers -> responses, items, answer_codes."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from outreach_metrics.convert import headings
from outreach_metrics.convert.benchmarks import benchmark_column
from outreach_metrics.convert.dates import days
from outreach_metrics.convert.model import Codebook, Converted, Options
from outreach_metrics.convert.scales import NO_ANSWER, Scale, read_scales
from outreach_metrics.convert.sheets import drop, failure, plain_heading
from outreach_metrics.errors import StudyError
from outreach_metrics.study.codebooks import suggest_constructs
from outreach_metrics.study.identity import address
from outreach_metrics.study.tables import TABLES
from outreach_metrics.study.wording import listing, plural, shortened

RESPONSE_COLUMNS = ["respondent_id", "program_id", "wave", "date", "arm", "comment"]
ITEM_COLUMNS = [
    "item", "construct", "text", "low", "high", "reversed", "favourable_from", "missing_codes", "note",
]  # fmt: skip
CODE_COLUMNS = ["item", "answer", "code"]
_DESIGN = ("weight", "stratum", "cluster")
_NOBODY = ("", "anonymous")
PROPOSED = "the construct is a proposal from the wording: confirm it, and say whether reversed"
SCALE_CONFLICT = (
    "its answers were coded on another scale before (a label did not occur then); "
    "convert the files of all waves in one command, into a new folder"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A question as a file has it.

    `code` is the export's own short name; `row`: the line of a matrix, which names it better than the whole
    question; `several`: choices, joined; `fact`: no opinion, such as a score.
    """

    text: str
    cells: pd.Series
    code: str = ""
    row: str = ""
    open: bool = False
    several: bool = False
    fact: bool = False


@dataclass(slots=True, kw_only=True)
class Answers:
    """One file of answers; every series has the row numbers as index.

    `ids` are the export's own; `own_ids` tells whether they are the same nowhere else (the ids of Microsoft
    Forms begin at 1 in every form). `people` are the columns that tell who a person is, by heading.
    """

    file: str
    stem: str
    ids: pd.Series
    dates: pd.Series
    date_column: str
    questions: list[Question]
    own_ids: bool = True
    finished: pd.Series | None = None
    people: dict[str, pd.Series] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Columns:
    """What becomes of the questions of all files."""

    items: dict[str, pd.Series] = field(default_factory=dict)
    others: dict[str, pd.Series] = field(default_factory=dict)
    open: list[tuple[str, pd.Series]] = field(default_factory=list)
    codebook: list[list[str]] = field(default_factory=list)
    codes: list[list[str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    assumed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def assemble(files: Iterable[Answers], options: Options, result: Converted) -> Converted:
    """Return the tables of a survey.

    Parameters
    ----------
    files : iterable of Answers
    options : Options
    result : Converted
        With the rows read, and those dropped, so far.

    Returns
    -------
    Converted
        Tables responses, items and answer_codes; without tables when no file can be used.
    """
    frames, used = [], []
    for answers in files:
        try:
            frames.append(_respondents(answers, options, result))
            used.append(answers)
        except StudyError as error:
            result.problems += error.problems
            result.dropped["file cannot be used"] += len(answers.ids)
    if not used:
        return result
    people = pd.concat(frames, keys=range(len(frames)))
    people = drop(
        people,
        people.duplicated(["respondent_id", "wave"]),
        "the same respondent again in a wave",
        result.dropped,
    )
    try:
        columns = _columns(_questions(used, people.index, result), options, result)
    except StudyError as error:
        result.problems += error.problems
        result.dropped["cannot be coded as before"] += len(people)
        return result
    _propose_constructs(columns)
    comment = _comment(columns.open, people.index)
    responses = people.assign(comment=comment, **columns.items, **columns.others)
    if not options.arm:
        responses = responses.drop(columns="arm")
    if not columns.open:
        responses = responses.drop(columns="comment")
    result.used += len(responses)
    result.tables = {
        "responses": responses.reset_index(drop=True),
        "items": pd.DataFrame(columns.codebook, columns=ITEM_COLUMNS, dtype=object),
        "answer_codes": pd.DataFrame(columns.codes, columns=CODE_COLUMNS, dtype=object),
    }
    _note(columns, used, result)
    return result


def _respondents(answers: Answers, options: Options, result: Converted) -> pd.DataFrame:
    """Return respondent_id, program_id, wave, date and arm of one file."""
    wave = options.wave or headings.safe_name(answers.stem) or answers.stem
    if not options.wave:
        result.notes.append(f"{answers.file} is the wave {wave} (--wave says another)")
    ids = answers.ids.where(answers.ids != "", [f"row-{row}" for row in answers.ids.index])
    if not answers.own_ids or (answers.ids == "").any():
        ids = f"{options.program}-{wave}-" + ids
    if options.person:
        ids = _person_ids(answers, ids, options, result)
    frame = pd.DataFrame(
        {
            "respondent_id": ids,
            "program_id": options.program,
            "wave": wave,
            "date": days(answers.dates, answers.file, answers.date_column, options, result),
            "arm": options.arm,
            "comment": "",
        },
        columns=RESPONSE_COLUMNS,
        dtype=object,
    )
    if answers.finished is None:
        return frame
    unfinished = ~answers.finished
    if options.finished_only:
        return drop(frame, unfinished, "not finished", result.dropped)
    if unfinished.any():
        result.notes.append(
            f"{answers.file}: {plural(int(unfinished.sum()), 'respondent')} did not finish, kept "
            "(--finished-only leaves them out)"
        )
    return frame


def content_ids(dates: pd.Series, questions: Sequence[Question]) -> pd.Series:
    """Return an id a row made of its date and answers, for exports without ids: the same in every export."""
    rows = zip(dates, *(question.cells for question in questions), strict=True)
    ids = pd.Series(
        ["r-" + hashlib.sha256("\x1f".join(row).encode()).hexdigest()[:12] for row in rows],
        index=dates.index,
        dtype=object,
    )
    again = ids.groupby(ids).cumcount()
    return ids.where(again == 0, ids + "-" + (again + 1).astype(str))


def _person_ids(answers: Answers, ids: pd.Series, options: Options, result: Converted) -> pd.Series:
    """Replace the ids by keyed hashes of who answered, where that is known."""
    cells = _person_cells(answers, options.person)
    known = ~cells.str.casefold().isin(_NOBODY)
    if not known.all():
        rows = cells.index[~known]
        message = (
            f"{plural(len(rows), 'row')} without {shortened(options.person)}: these people cannot be "
            f"found again "
            "in another wave"
        )
        result.tell(answers.file, message, "no_person", row=int(rows[0]))
    return ids.where(~known, cells.map({text: person_id(text, options.key) for text in cells.unique()}))


def _person_cells(answers: Answers, person: str) -> pd.Series:
    """Return the column that tells who a person is; as a question it is not kept."""
    wanted = plain_heading(person)
    found = [cells for heading, cells in answers.people.items() if plain_heading(heading) == wanted]
    asked = [q for q in answers.questions if wanted in (plain_heading(q.text), plain_heading(q.code))]
    if wanted == "email":
        found += [cells for heading, cells in answers.people.items() if "email" in plain_heading(heading)]
    if not found and not asked:
        have = listing([*answers.people, *(question.text for question in answers.questions)], most=8)
        message = f"has no column {shortened(person)} (--person); it has {have}"
        raise failure(answers.file, message, "no_person")
    answers.questions = [question for question in answers.questions if question not in asked]
    answers.left_out += [question.text for question in asked]
    return (found or [asked[0].cells])[0]


def person_id(text: str, key: str) -> str:
    """Return the respondent_id of a person: a keyed hash, the same wherever key and person are the same.

    Examples
    --------
    >>> person_id("Ann@x.org ", "secret") == person_id("ann@X.org", "secret")
    True
    """
    plain = address(text) or " ".join(text.casefold().split())
    return "p-" + hmac.new(key.encode(), plain.encode(), hashlib.sha256).hexdigest()[:20]


def _questions(files: Sequence[Answers], index: pd.MultiIndex, result: Converted) -> list[Question]:
    """Return the questions of all files in order, the same question of several files as one."""
    found: dict[tuple[str, int], list[tuple[int, Question]]] = {}
    for number, answers in enumerate(files):
        repeats: Counter[str] = Counter()
        for question in answers.questions:
            name = question.code or plain_heading(question.text)
            repeats[name] += 1
            found.setdefault((name, repeats[name]), []).append((number, question))
    _tell_differences(found, files, result)
    return [_joined(parts, index) for parts in found.values()]


def _joined(parts: list[tuple[int, Question]], index: pd.MultiIndex) -> Question:
    cells = pd.concat([question.cells for _, question in parts], keys=[number for number, _ in parts])
    first = parts[0][1]
    return Question(
        text=" ".join(first.text.split()),
        cells=cells.reindex(index, fill_value=""),
        code=first.code,
        row=first.row,
        open=any(question.open for _, question in parts),
        several=any(question.several for _, question in parts),
        fact=first.fact,
    )


def _tell_differences(
    found: dict[tuple[str, int], list[tuple[int, Question]]], files: Sequence[Answers], result: Converted
) -> None:
    for number, answers in enumerate(files):
        absent = [parts[0][1].text for parts in found.values() if all(other != number for other, _ in parts)]
        if absent:
            message = (
                f"has no answers to {plural(len(absent), 'question')} of the other files: {listing(absent)}"
            )
            result.tell(answers.file, message, "other_questions")
    for parts in found.values():
        texts = {plain_heading(question.text) for _, question in parts}
        if len(texts) > 1:
            code = parts[0][1].code
            message = f"the question {code} has another wording than in {files[parts[0][0]].file}"
            result.tell(files[parts[-1][0]].file, message, "other_wording", column=code)


def _columns(questions: Sequence[Question], options: Options, result: Converted) -> _Columns:
    """Decide on every question: an item, free text, another column, or left out."""
    columns = _Columns()
    kept = []
    for number, question in enumerate(questions, start=1):
        if not (question.cells != "").any():
            columns.left_out.append(f"{question.text or question.code} (no answers)")
        elif headings.is_personal(question.text) or headings.holds_people(question.cells):
            columns.left_out.append(question.text)
        else:
            kept.append((number, question))
    taken = {column.name for column in TABLES["responses"].columns} | set(options.codebook.items.values())
    kept = [pair for pair in kept if not _is_benchmark(columns, pair[1], taken, options, result)]
    taken |= set(columns.others)
    counts = [Counter(question.cells[question.cells != ""].to_list()) for _, question in kept]
    scales = read_scales(
        [{} if _is_no_item(question) else count for (_, question), count in zip(kept, counts, strict=True)],
        options.points,
    )
    repeats: Counter[str] = Counter()
    for (number, question), count, scale in zip(kept, counts, scales, strict=True):
        plain = plain_heading(question.text)
        repeats[plain] += scale is not None
        known = options.codebook.items.get((plain, repeats[plain]), "")
        scale = _known_scale(known, count, scale, options.codebook)
        if scale is not None:
            name = known or headings.free_name(_item_name(number, question), taken)
            _add_item(columns, name, question, count, scale, result)
        else:
            name = _add_other(columns, question, count, taken, result)
        taken.add(name)
    return columns


def _is_benchmark(
    columns: _Columns, question: Question, taken: set[str], options: Options, result: Converted
) -> bool:
    """Keep a question that is a variable of benchmarks under its name there."""
    if question.open or question.several or question.fact:
        return False
    known = benchmark_column(question.text, question.cells, taken | set(columns.others), options, result)
    if known is not None:
        columns.others[known[0]] = known[1]
    return known is not None


def _is_no_item(question: Question) -> bool:
    labels = question.cells[question.cells != ""]
    if headings.is_filler(question.text, labels):
        return True
    if question.open or question.several or question.fact or headings.safe_name(question.text) in _DESIGN:
        return True
    return headings.is_make_up(question.text) and not _is_opinion(labels)


def _is_opinion(labels: pd.Series) -> bool:
    """Whether the answers are opinions by their wording alone: no numbers, no yes or no."""
    counts = Counter(labels.to_list())
    scale = read_scales([counts])[0] if len(counts) <= 20 else None
    return scale is not None and scale.low == 1 and not any(label[:1].isdigit() for label in counts)


def _known_scale(item: str, count: Counter[str], scale: Scale | None, codebook: Codebook) -> Scale | None:
    """Return the scale that an item had before, where there was one, or the new one where it is the same."""
    if item not in codebook.scales:
        return scale
    before, (low, high) = codebook.codes.get(item, {}), codebook.scales[item]
    if before and set(count) <= set(before):
        return Scale(codes={label: before[label] for label in count}, low=low, high=high)
    if (
        scale is None
        or (scale.low, scale.high) != (low, high)
        or any(before.get(label, code) != code for label, code in scale.codes.items())
    ):
        raise failure("items.csv", SCALE_CONFLICT, "other_scale", column=item)
    return scale


def _item_name(number: int, question: Question) -> str:
    own = question.code or f"q{number} {question.row or question.text}"
    return (own if own.isidentifier() else headings.safe_name(own)) or f"q{number}"


def _add_item(
    columns: _Columns, name: str, question: Question, count: Counter[str], scale: Scale, result: Converted
) -> None:
    columns.items[name] = question.cells.map({"": ""} | dict(scale.codes))
    note = (
        ""
        if not scale.assumed
        else f"the scale {scale.low} to {scale.high} is assumed, because {scale.assumed}"
    )
    columns.assumed[note].append(name)
    columns.codebook.append(
        [name, "", question.text, str(scale.low), str(scale.high), "false", scale.favourable_from,
         " ".join([*scale.missing, *(code for code in NO_ANSWER if code not in scale.missing)]), note]
    )  # fmt: skip
    in_order = sorted(scale.codes.items(), key=lambda pair: (float(pair[1]), pair[0]))
    columns.codes += [[name, label, code] for label, code in in_order if label != code and label in count]


def _add_other(
    columns: _Columns, question: Question, count: Counter[str], taken: set[str], result: Converted
) -> str:
    free = question.open or headings.is_open(question.text, question.cells)
    if not question.several and (free or headings.is_filler(question.text, question.cells)):
        columns.open.append((question.text, question.cells))
        return ""
    name = headings.safe_name(question.text) or headings.safe_name(question.code) or "column"
    name = name if name in _DESIGN and name not in columns.others else headings.free_name(name, taken)
    columns.others[name] = question.cells
    if not headings.is_make_up(question.text) and not question.several and not question.fact:
        shown = [label for label, times in count.most_common() if times >= _SHOWN_FROM]
        seen = f" ({listing(shown, most=5)})" if shown else ""
        message = (
            f"the answers to {shortened(question.text, 60)} are no scale that is known{seen}; kept as text "
            "(English labels, or an export with numbers, make an item of it)"
        )
        result.tell("responses.csv", message, "unknown_answers", column=name)
    return name


_SHOWN_FROM = 3


def _comment(open_questions: list[tuple[str, pd.Series]], index: pd.MultiIndex) -> pd.Series:
    """Return the free text of each row; several texts are joined, so that all of it is redacted later."""
    if not open_questions:
        return pd.Series("", index=index, dtype=object)
    texts = [cells.str.split().str.join(" ").reindex(index) for _, cells in open_questions]
    if len(texts) == 1:
        return texts[0]
    rows = zip(*texts, strict=True)
    return pd.Series([" | ".join(filter(None, row)) for row in rows], index=index, dtype=object)


def _note(columns: _Columns, files: Sequence[Answers], result: Converted) -> None:
    """Say what became of the columns."""
    for message, names in columns.assumed.items():
        if message:
            how = f"{message} (--points N says another)"
            result.tell("items.csv", f"{listing(names, most=4)}: {how}", "assumed_scale", column="low")
    left_out = dict.fromkeys([text for answers in files for text in answers.left_out] + columns.left_out)
    by_codes: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in columns.items:
        pairs = tuple(f"{answer} = {code}" for item, answer, code in columns.codes if item == name)
        by_codes[pairs].append(name)
    result.notes += [
        f"{listing(names, most=4)}: {', '.join(pairs) if pairs else 'numbers as they are'}"
        for pairs, names in by_codes.items()
    ]
    if columns.open:
        joined = "joined in" if len(columns.open) > 1 else "is"
        result.notes.append(
            f"free text {joined} comment: {listing((text for text, _ in columns.open), most=6)}"
        )
    if columns.others:
        result.notes.append(f"kept as text: {listing(columns.others, most=12)}")
    if left_out:
        result.notes.append(
            f"left out, because nothing needs it or it tells who a person is: {listing(left_out, most=20)}"
        )
    if columns.items:
        result.notes.append(
            "complete items.csv (construct, reversed), and look whether answer_codes.csv is right"
        )


def _propose_constructs(columns: _Columns) -> None:
    """Write a construct where the wording suggests one, with a note to confirm it."""
    proposed = suggest_constructs(row[2] for row in columns.codebook)["construct"] if columns.codebook else []
    for row, construct in zip(columns.codebook, proposed, strict=True):
        if construct:
            row[1] = construct
            row[-1] = (
                f"the construct is a proposal from the wording: confirm it, and say whether reversed; "
                f"{row[-1]}"
            )
