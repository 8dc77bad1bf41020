"""A document from its file to its report."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from os import PathLike
from typing import TypeAlias

from matcalc.base.budgets import DOCUMENT_SECONDS, FEW_QUESTIONS
from matcalc.base.errors import MatcalcError, ParseError
from matcalc.base.lazy import pattern
from matcalc.documents.asked_statements import asked_of, condition_of, solution_of
from matcalc.documents.blocks import Directive, Fault, Formula, Heading, LayoutSaid, Manuscript, Place, Placed, Said
from matcalc.documents.context.defined_names import names_used
from matcalc.documents.context.loose_notation import IndexLetters
from matcalc.documents.context.outline import Line, Numbered
from matcalc.documents.context.overview import Context
from matcalc.documents.context.survey import survey
from matcalc.documents.deciding import Memory, Outcome, Question, decided, question_of, read_identity_file
from matcalc.documents.formats import IDENTITIES, manuscript, path_name
from matcalc.documents.reports import Entry, Open, Report
from matcalc.documents.roles import reason_of
from matcalc.documents.sides import is_derivative, is_function, is_own
from matcalc.documents.sorting import sorted_rows
from matcalc.language.declare.declarations import written
from matcalc.language.declare.declared import parse_declarations
from matcalc.verification.entry_answers import EntryAnswer
from matcalc.verification.items import Document, Settings, declared_again
from matcalc.verification.verdict import NOT_READ, Verdict

Decide: TypeAlias = Callable[[Sequence[Question]], Iterable[Outcome]]

_FEWEST = 4
"""Claims that can tell the layout of a document."""
_FOR_ONE_AGAINST = 4
"""Of five claims that can tell, four agree."""
_FEWEST_FOR_USUAL, _FOR_ONE_AGAINST_USUAL = 2, 2
"""Claims that hold in the usual layout alone are not the only ones that say so: two in three are
enough."""
_OTHERS = ("numerator", "tensor")
_PART = 16
"""Claims that are asked at once for what they tell."""


@dataclass(frozen=True, slots=True)
class Told:
    """The layout that claims tell, the numbers of these, and the outcomes that change with it, by
    the numbers of their questions."""

    layout: str
    telling: tuple[int, ...]
    outcomes: Mapping[int, Outcome]


def told_layout(questions: Sequence[Question], outcomes: Sequence[Outcome], decide: Decide) -> Told | None:
    """The layout that a document uses where its text does not say it, if that changes an outcome.

    It is told by at least four claims that hold in it and not in the other, if these are four in
    five of all that hold in one of both alone. Claims that hold in another layout than the usual
    one are what makes anybody ask.
    """
    undecided = [number for number, question in enumerate(questions) if _is_open(question)]
    turned = [number for number in undecided if outcomes[number].verdict.other_layout is not None]
    ballots: list[_Ballot] = []
    for layout in _OTHERS if turned else ():
        ballot = _Ballot(layout, questions, outcomes, decide)
        ballot.hold(turned, undecided)
        if ballot.is_for(ballot.told, ballot.against):
            ballot.take([number for number in undecided if number not in ballot.found])
            return Told(layout, tuple(ballot.told), ballot.found)
        ballots += [ballot] if ballot.told else []
    return _told_to_be_usual(ballots, turned, questions, decide)


def _told_to_be_usual(
    ballots: Sequence[_Ballot], turned: Sequence[int], questions: Sequence[Question], decide: Decide
) -> Told | None:
    """The usual layout, where claims tell that it is not another one, for those that hold in that
    one."""
    against = [ballot for ballot in ballots if ballot.is_usual]
    usual = sorted(set(turned).difference(*(ballot.told for ballot in ballots if ballot not in against)))
    if not against or not usual:
        return None
    telling = tuple(against[0].against)
    said = [tuple([replace(one, layout_said="all") for one in questions[number]]) for number in usual]
    return Told(questions[telling[0]][0].layout, telling, dict(zip(usual, decide(said), strict=True)))


class _Ballot:
    """The outcomes in another layout, with the claims that are ``told`` to be in it, and those
    ``against`` it."""

    def __init__(self, layout: str, questions: Sequence[Question], outcomes: Sequence[Outcome], decide: Decide) -> None:
        self._layout, self._questions, self._outcomes, self._decide = layout, questions, outcomes, decide
        self.found: dict[int, Outcome] = {}
        self.told: list[int] = []
        self.against: list[int] = []

    def take(self, numbers: Sequence[int]) -> None:
        """Asks the questions with these numbers in the other layout."""
        asked = [tuple([replace(one, layout=self._layout) for one in self._questions[number]]) for number in numbers]
        for number, outcome in zip(numbers, self._decide(asked), strict=True):
            self.found[number] = outcome
            before, now = self._outcomes[number].verdict.ok, outcome.verdict
            if now.ok and not before:
                self.told.append(number)
            elif before and (now.is_false or now.other_layout is not None):
                self.against.append(number)

    def hold(self, turned: Sequence[int], undecided: Sequence[int]) -> None:
        """Asks the claims that are ``turned``, and if they tell anything, those that hold
        anyway."""
        self.take(turned)
        if self.told:
            self.complete([number for number in undecided if self._outcomes[number].verdict.ok])

    def complete(self, numbers: Sequence[int]) -> None:
        """Asks claims that hold until it is plain which layout they are for, or that they are for
        none."""
        for start in range(0, len(numbers), _PART):
            self.take(numbers[start : start + _PART])
            most = len(self.against) + max(0, len(numbers) - start - _PART)
            if not self.is_for(self.told, self.against) and (self.is_usual or most < self._wanted_for_usual):
                return

    @property
    def _wanted_for_usual(self) -> int:
        return max(_FEWEST_FOR_USUAL, _FOR_ONE_AGAINST_USUAL * len(self.told))

    @property
    def is_usual(self) -> bool:
        """Whether claims tell that it is not this layout, but the usual one."""
        return len(self.against) >= self._wanted_for_usual

    @staticmethod
    def is_for(claims: Sequence[int], others: Sequence[int]) -> bool:
        """Whether claims are enough to tell a layout in spite of others."""
        return len(claims) >= max(_FEWEST, _FOR_ONE_AGAINST * len(others))


def _is_open(question: Question) -> bool:
    """Whether a question may depend on a layout that the text does not say."""
    first = question[0]
    return first.layout_said != "all" and not first.exact and is_derivative(first.statement)


_ALL: LayoutSaid = "all"


def directed(settings: Settings, directive: str) -> Settings:
    """The settings after a directive. Raises MatcalcError for one that is none, and for
    declarations that cannot hold."""
    word, _, rest = directive.strip().partition(" ")
    changed = settings.changed(word, rest)
    if changed is None:
        raise ParseError("this is no directive: declare, layout, symmetric or expect")
    if changed.declare != settings.declare:
        named = frozenset(name for one in written(rest) for name in one.names)
        parse_declarations("; ".join(_about(named, changed.declare)))
    return changed


def settled(found: Open, settings: Settings) -> Open:
    """A claim as the directives before it want it asked."""
    if found.entry.role != "claim" or settings == Settings():
        return found
    question = []
    for asked in found.question:
        names = names_used(asked.statement, found.entry.notation)
        declare = asked.declare
        for said in _about(names, settings.declare):
            declare = "; ".join(declared_again((declare,) if declare else (), said))
        chosen = settings.layout != "denominator"
        layout, known = (settings.layout, _ALL) if chosen else (asked.layout, asked.layout_said)
        symmetric = settings.symmetric if settings.symmetric != "projected" else asked.symmetric
        question.append(replace(asked, declare=declare, layout=layout, layout_said=known, symmetric=symmetric))
    return Open(replace(found.entry, expected=settings.expected), tuple(question))


def _about(names: Set[str], declarations: Sequence[str]) -> Iterator[str]:
    """The declarations of these names: a size that is named beside another letter must not be taken
    for a letter of the claim."""
    for said in declarations:
        for one in written(said):
            mine = [name for name in one.names if name in names]
            if mine:
                yield one.text if len(mine) == len(one.names) else f"{', '.join(mine)}: {one.value}"


Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many claims are decided, and of how many."""


def verify_document(
    path: str | PathLike[str],
    *,
    root: str | PathLike[str] | None = None,
    jobs: int | None = None,
    cache: bool = True,
) -> Report:
    """Everything in a document that a reader sees as mathematics, with a verdict on each claim.

    ``root`` is the folder below which the files that it takes in must lie (its own without one).
    ``jobs`` processes share the work (without a number, as many as there are processors for a
    document with many claims). With ``cache`` verdicts are kept for the next run, as long as
    neither the claim with its context nor matcalc changes. Raises MatcalcError for a file that
    cannot be read.
    """
    return examined(path, root=root, jobs=jobs, memory=Memory(kept=cache))


def verify_file(path: str | PathLike[str], *, jobs: int = 1) -> list[Verdict]:
    """A verdict for every claim of a document or an identity file, in order.

    A claim that cannot be read or decided has a verdict with ``problem`` set; it never ends the
    list. Raises MatcalcError for a file that cannot be read.
    """
    return [verdict_of(entry) for entry in verify_document(path, jobs=jobs, cache=False).claims]


def verdict_of(entry: Entry) -> Verdict:
    """The verdict on a claim, with its name and place; for one that was not read, a verdict that
    says so."""
    found = entry.verdict
    if found is None:
        found = Verdict(entry.text, "undecided", "denominator", entry.reason, problem=NOT_READ)
    return replace(found, name=entry.name, source=entry.source, line=entry.place.line, expected=entry.expected)


def examined(
    path: str | PathLike[str],
    *,
    root: str | PathLike[str] | None = None,
    jobs: int | None = None,
    memory: Memory | None = None,
    seconds: float = DOCUMENT_SECONDS,
    progress: Progress | None = None,
) -> Report:
    """As ``verify_document``, with what was decided before in ``memory``, ``seconds`` for the whole
    file, and somebody who waits."""
    name = path_name(path)
    of_identities = name.lower().endswith(IDENTITIES)
    plan = _of_identities(read_identity_file(name)) if of_identities else _of_manuscript(manuscript(name, root))
    opened = [one for one in plan.entries if one.question]
    decide = partial(_decided_by, time.monotonic() + seconds, jobs, memory or Memory(kept=False))
    outcomes = list(_watched(decide([one.question for one in opened]), len(opened), progress))
    told = told_layout([one.question for one in opened], outcomes, decide)
    if told is not None:
        outcomes = _in_layout(told, outcomes, [one.entry.place for one in opened])
    return Report(name, tuple(_decided_entries(plan, iter(outcomes))), plan.faults, plan.files)


def _decided_entries(plan: _Plan, outcomes: Iterator[Outcome]) -> Iterator[Entry]:
    """The entries with the outcomes of those that have a question."""
    for one in plan.entries:
        entry = _with_outcome(one.entry, _as_written(next(outcomes), plan)) if one.question else one.entry
        yield _unless_unknown(entry, plan.defined)


def _as_written(outcome: Outcome, plan: _Plan) -> Outcome:
    """The outcome with the document's letters in an answer that is an entry."""
    answer = outcome.verdict.correction
    if not isinstance(answer, EntryAnswer) or not plan.letters.usual:
        return outcome
    answer = EntryAnswer(*[plan.letters.as_written(text) for text in answer.texts])
    return replace(outcome, verdict=replace(outcome.verdict, correction=answer))


def _decided_by(end: float, jobs: int | None, memory: Memory, questions: Sequence[Question]) -> Iterator[Outcome]:
    """The outcomes that are found before ``end``; few questions are not worth another process."""
    share = jobs if len(questions) > FEW_QUESTIONS else 1
    return decided(questions, jobs=share, memory=memory, seconds=max(0.0, end - time.monotonic()))


def _watched(outcomes: Iterable[Outcome], count: int, progress: Progress | None) -> Iterator[Outcome]:
    for done, outcome in enumerate(outcomes, 1):
        yield outcome
        if progress is not None:
            progress(done, count)


def _in_layout(told: Told, outcomes: Sequence[Outcome], places: Sequence[Place]) -> list[Outcome]:
    """The outcomes in the layout that claims tell, which is said beside each."""
    telling = [places[number] for number in told.telling]
    of_cells = telling[0].cell > 0
    lines = list(dict.fromkeys(str(place.cell if of_cells else place.line) for place in telling))
    shown = ", ".join([*lines[:_MOST_LINES], *(["…"] if len(lines) > _MOST_LINES else [])])
    said = Said(f"{told.layout} layout, which the claims of {'cells' if of_cells else 'lines'} {shown} tell", telling[0])
    found = list(outcomes)
    for number, outcome in told.outcomes.items():
        if outcomes[number].verdict.ok and outcome.verdict.is_false:
            reason = f"true in {outcomes[number].verdict.layout} layout alone, and other claims tell {told.layout} layout"
            outcome = replace(outcome, verdict=replace(outcome.verdict, status="undecided", reason=reason))
        asked = outcome.asked
        found[number] = replace(outcome, asked=replace(asked, rests_on=(*asked.rests_on, said)))
    return found


_MOST_LINES = 12
_TO_SOLVE = frozenset(["fact", "first-order condition"])
"""Roles of equations that are no identities, but may say again what was to be zero."""
_DOES_NOT_FOLLOW = "it is said to follow from the derivative that is zero, and does not as it is read here"
_NO_SOLUTION = "put into the derivative, it does not make that zero as it is read here"


@dataclass(frozen=True, slots=True)
class _Plan:
    entries: Sequence[Open]
    faults: tuple[Fault, ...] = ()
    files: tuple[str, ...] = ()
    defined: Container[str] | None = None
    """The names that the document gives a value somewhere."""
    letters: IndexLetters = field(default_factory=IndexLetters)
    """Its unusual indices, which stand in the answers, too."""


_CALLED = pattern(r"\\([A-Za-z]+)")
_COMMAND = pattern(r"the command \\([A-Za-z]+) is not read")
_UNKNOWN = pattern(r"(\w+) is a function that is not defined")
_OPERATOR = pattern(r"there is no function '([A-Za-z]{3,})'")


def _operator(entry: Entry) -> re.Match[str] | None:
    """The name of a function that an entry has and the language has not, where it is set upright as
    a name of the author's own."""
    found = _OPERATOR.match(entry.reason)
    upright = found is not None and re.search(
        rf"\\(?:text|textrm|mathrm|textsf|mathsf|operatorname)\*?\s*\{{\s*{found[1]}\s*\}}", entry.text
    )
    return found if found is not None and upright and not is_function(found[1]) else None


def _undefined(entry: Entry) -> str:
    r"""A command in a formula that nobody defines, and for which it was not read, or was read as
    MATLAB's division: ``B\t``."""
    if entry.status == "not read":
        command = _COMMAND.match(entry.reason)
        return command[1] if command is not None and is_own(command[1]) else ""
    reading = entry.verdict.reading if entry.verdict is not None else None
    if reading is None or reading.dialect != "matlab":
        return ""
    return next((name for name in _CALLED.findall(entry.text) if is_own(name)), "")


def _unless_unknown(entry: Entry, defined: Container[str] | None) -> Entry:
    """The entry; what could not be read as it is about a function that the document nowhere defines
    is no claim about values, and a command that nobody defines is said to be one."""
    command = _undefined(entry) if entry.notation == "latex" else ""
    if command:
        said = f"the command \\{command} is none of LaTeX's, and none of the files that were read defines it"
        return replace(entry, reason=said, verdict=None if entry.status != "not read" else entry.verdict)
    found = None if entry.status != "not read" else _UNKNOWN.match(entry.reason) or _operator(entry)
    if found is None or defined is None or found[1] in defined:
        return entry
    return replace(entry, role="unknown function", verdict=None, reason=f"{found[1]} is defined nowhere in the document")


def _does_not_follow(entry: Entry, outcome: Outcome) -> bool:
    """Whether an equation that is said to follow from a derivative that is zero was compared with
    that, and is another one."""
    verdict = outcome.verdict
    return outcome.asked.follows and not verdict.problem and (entry.role != "solution" or verdict.is_false)


def _with_outcome(entry: Entry, outcome: Outcome) -> Entry:
    verdict, asked = outcome.verdict, outcome.asked
    if entry.role in (*_TO_SOLVE, "solution"):
        if not verdict.ok and not _does_not_follow(entry, outcome):
            return replace(entry, reason=_NO_SOLUTION if entry.role == "solution" and verdict.is_false else "")
        entry = replace(entry, role="claim")
        verdict = (
            verdict
            if verdict.ok
            else Verdict(verdict.statement, "undecided", verdict.layout, _DOES_NOT_FOLLOW, reading=verdict.reading)
        )
    used = tuple([f"{said.text} ({said.place.beside(entry.place)})" for said in asked.rests_on])
    reason = verdict.reason if verdict.problem else ""
    return replace(entry, asked=asked.statement, verdict=verdict, reason=reason, context=used, reading=outcome.reading)


def _of_identities(document: Document) -> _Plan:
    found = []
    for item in document.items:
        place = Place(document.path, item.line)
        entry = Entry(
            item.statement, place, "claim", notation="plain", name=item.name, source=item.source, expected=item.expected
        )
        found.append(Open(entry, question_of(item)))
    return _Plan(found)


def _of_manuscript(read: Manuscript) -> _Plan:
    pieces = numbered(read)
    context = survey(pieces)
    faults = [piece for piece in read.pieces if isinstance(piece, Fault)]
    entries: list[Open] = []
    section: list[tuple[int, str]] = []
    settings = Settings()
    for one in pieces:
        if isinstance(one.piece, Heading):
            section = [*[above for above in section if above[0] < one.piece.level], (one.piece.level, one.piece.text.text)]
        elif isinstance(one.piece, Directive):
            settings = _followed(settings, one.piece.text, faults)
        titles = tuple([title for _, title in section])
        for line in one.lines:
            opened = settled(_entry(line, context, titles), settings)
            entries.append(opened)
            if opened.entry.role == "claim" and not settings.expected:
                settings = replace(settings, expected=True)
    return _Plan(entries, tuple(faults), read.files, context.definitions, context.scripts.indices)


def _followed(settings: Settings, said: Placed, faults: list[Fault]) -> Settings:
    """The settings after a directive; one that is none is a fault."""
    try:
        return directed(settings, said.text)
    except MatcalcError as error:
        reason = f"this directive is left out: {error.message}"
        faults.append(Fault(said.text, said.place(), reason, is_directive=True))
        return settings


def numbered(read: Manuscript) -> list[Numbered]:
    """The pieces of a document with the rows of its formulas, and what each of these is for."""
    found: list[Numbered] = []
    number = 0
    for piece, its_rows in sorted_rows(read.pieces):
        notation = piece.notation if isinstance(piece, Formula) else "latex"
        lines = [Line(row, role, number + count, notation) for count, (row, role) in enumerate(its_rows)]
        found.append(Numbered(piece, tuple(lines), number))
        number += len(lines)
    return found


def _entry(line: Line, context: Context, titles: tuple[str, ...]) -> Open:
    row = line.row
    entry = Entry(row.text, (row.right or row.left).place(), line.role, titles, notation=line.notation)
    if line.role == "solution":
        return Open(entry, tuple(solution_of(line, context)))
    if line.role in _TO_SOLVE and (question := tuple(condition_of(line, context))):
        return Open(entry, question)
    if line.role != "claim":
        return Open(replace(entry, reason=reason_of(row, line.role)))
    try:
        return Open(entry, tuple(asked_of(line, context)))
    except MatcalcError as error:
        return Open(replace(entry, reason=error.message))
