"""Files of problems and files of answers, in TOML or as numbered lists in Markdown."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.layouts import LAYOUTS, SYMMETRIC
from matcalc.language.declare.declared import SharedText
from matcalc.printing.notations import STEP_STYLES

LARGEST = 1_000_000
"""Files with more bytes are not read."""
MOST = 500
"""Lists with more problems are refused."""
CREDIT: Mapping[str, float] = {
    "condition": 0.5, "layout": 0.5, "transposed": 0.5, "sign": 0.5, "factor": 0.5, "term": 0.5, "order": 0.5, "other": 0.0,
}  # fmt: skip
"""The part of the points for an answer that is wrong in one way that has a name."""


@dataclass(frozen=True)
class Problem:
    """One exercise: a derivative to be found, or a ``statement`` to be proved or refuted.

    ``place`` says where it stands, ``number`` which it is on the sheet.
    """

    formula: str = ""
    wrt: str = ""
    statement: str = ""
    declare: str = ""
    order: int = 1
    points: float = 1.0
    text: str = ""
    hint: str = ""
    style: str = STEP_STYLES[0]
    layout: str = LAYOUTS[0]
    symmetric: str = SYMMETRIC[0]
    number: int = 0
    place: str = ""
    shared: str = ""
    """Declarations of the whole sheet."""

    @property
    def declared(self) -> str | None:
        """All declarations; not every problem has every name of the sheet."""
        if self.shared:
            return SharedText("; ".join(filter(None, [self.shared, self.declare])))
        return self.declare or None

    def error(self, error: MatcalcError | str) -> MatcalcError:
        """What is wrong with the problem, with its number and place."""
        said = MatcalcError(error) if isinstance(error, str) else error
        return MatcalcError(
            f"problem {self.number} ({self.place}): {said.message}",
            text=said.text,
            span=said.span,
            expected=said.expected,
            suggestion=said.suggestion,
        )


@dataclass(frozen=True)
class Sheet:
    """The problems of a file in order."""

    title: str
    problems: tuple[Problem, ...]
    text: str = ""
    credit: Mapping[str, float] = field(default_factory=lambda: dict(CREDIT))


@dataclass(frozen=True)
class Answers:
    """What a student wrote, by the number of the problem, with the place of each answer."""

    student: str
    answers: Mapping[int, str]
    places: Mapping[int, str]


# ------------------------------------------------------------
# Sheets.


def sheet_of(path: str) -> Sheet:
    """The problems of a file. Raises MatcalcError for what cannot be read, with its place."""
    text = _read(path)
    sheet = _from_toml(path, text) if path.lower().endswith(".toml") else _from_markdown(path, text)
    if not sheet.problems:
        raise MatcalcError(f"{path} has no problems", suggestion="1. Differentiate $x^T A x$ by $x$.")
    if len(sheet.problems) > MOST:
        raise MatcalcError(f"{path} has {len(sheet.problems)} problems", expected=f"at most {MOST}")
    return replace(sheet, problems=tuple([replace(one, number=k) for k, one in enumerate(sheet.problems, 1)]))


def _read(path: str) -> str:
    try:
        data = Path(path).read_bytes()
        if len(data) > LARGEST:
            raise MatcalcError(f"{path} is too large", expected=f"at most {LARGEST:,} bytes")
        return data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise MatcalcError(f"{path} cannot be read: {said}") from None


_SHARED = ("declare", "style", "layout", "symmetric", "points", "order")
"""Keys of a file that are for all its problems."""
_KINDS: Mapping[str, tuple[type, ...]] = {
    one.name: {"int": (int,), "float": (int, float)}.get(str(one.type), (str,))
    for one in fields(Problem)
    if one.name not in ("number", "place", "shared")
}
_CHOICES: Mapping[str, Sequence[object]] = {
    "style": STEP_STYLES, "layout": LAYOUTS, "symmetric": SYMMETRIC, "order": (1, 2),
}  # fmt: skip


def _toml(path: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MatcalcError(f"{path} is no TOML: {error}") from None


def _from_toml(path: str, text: str) -> Sheet:
    given = _toml(path, text)
    rows = given.pop("problem", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MatcalcError(f"{path}: problem is no list of tables", suggestion="[[problem]]")
    lines = [k for k, line in enumerate(text.splitlines(), 1) if line.replace(" ", "").startswith("[[problem]]")]
    credit = _credit(path, given.pop("credit", {}))
    heading = {name: given.pop(name, "") for name in ("title", "text")}
    shared = _values(path, given, _SHARED)
    shared["shared"] = shared.pop("declare", "")
    problems = []
    for number, row in enumerate(rows, 1):
        place = f"{path}, line {lines[number - 1]}" if number <= len(lines) else path
        values = {**shared, **_values(f"{place}: problem {number}", row, tuple(_KINDS))}
        problems.append(_complete(Problem(**values, number=number, place=place)))
    return Sheet(str(heading["title"]) or Path(path).stem, tuple(problems), str(heading["text"]), credit)


def _values(where: str, row: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """The values of a table. Raises MatcalcError for unknown keys and wrong kinds."""
    for name, value in row.items():
        if name not in known:
            raise MatcalcError(f"{where}: {name!r} is no key here", expected=", ".join(known))
        if not isinstance(value, _KINDS[name]) or isinstance(value, bool):
            raise MatcalcError(f"{where}: {name} is {value!r}", expected=_KINDS[name][-1].__name__)
        if value not in _CHOICES.get(name, (value,)):
            raise MatcalcError(f"{where}: {name} is {value!r}", expected=" or ".join(map(str, _CHOICES[name])))
    return dict(row)


def _complete(problem: Problem) -> Problem:
    if bool(problem.formula.strip()) == bool(problem.statement.strip()):
        raise problem.error("a problem has a formula, or a statement")
    if not 0 <= problem.points < 1e6:
        raise problem.error(f"points are {problem.points}")
    return problem


def _credit(path: str, given: object) -> dict[str, float]:
    """The parts of the points for answers that are nearly right. Raises MatcalcError for what is no
    part."""
    if not isinstance(given, dict):
        raise MatcalcError(f"{path}: credit is no table", suggestion="[credit]")
    return credited({str(name): value for name, value in given.items()}, path)


def credited(given: Mapping[str, object], where: str) -> dict[str, float]:
    """The credit with what is given in place of the defaults."""
    for name, value in given.items():
        if name not in CREDIT or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise MatcalcError(
                f"{where}: credit for {name} is {value!r}",
                expected=f"0 to 1 for {', '.join(CREDIT)}",
            )
    return {**CREDIT, **given}  # type: ignore[dict-item]


# ------------------------------------------------------------
# Numbered lists in Markdown.

_ITEM = re.compile(r"\s{0,3}(?P<number>\d{1,4})[.)]\s+(?P<text>.*)")
_HEADING = re.compile(r"#+\s+(?P<text>.*?)\s*#*\s*")
_DIRECTIVE = re.compile(r"<!--\s*matcalc:\s*(?P<name>\w+)\s+(?P<value>.*?)\s*-->")
_POINTS = re.compile(r"\(\s*(?P<points>\d+(?:\.\d+)?)\s*(?:points?|pts?\.?|marks?)\s*\)", re.IGNORECASE)
_HINT = re.compile(r"(?:^|\s)hint:\s*(?P<hint>.*)", re.IGNORECASE | re.DOTALL)
_ASKED = re.compile(
    r"(?:please\s+)?(?:find|compute|calculate|determine|give|derive|differentiate)?\s*(?:the\s+)?"
    r"(?P<second>second\s+)?(?P<what>derivative|gradient|jacobian|hessian)?\s*(?:of|:)?\s*"
    r"(?P<formula>\S.*?)\s*(?P<twice>\btwice\s+)?(?:\bby|\bwrt|\bw\.r\.t\.|\bwith\s+respect\s+to)\s+"
    r"(?P<wrt>\$[^$]+\$|[^\s,;.$]+)\s*(?P<twice_after>,?\s*twice)?(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_JUDGED = re.compile(
    r"(?:prove\s+or\s+(?:refute|disprove)|true\s+or\s+false|show|prove|decide|verify|is\s+it\s+true)"
    r"(?:\s+(?:that|whether|if))?\s*[:?]?\s*(?P<claim>.*)",
    re.IGNORECASE | re.DOTALL,
)


def _items(text: str) -> Iterator[tuple[int, int, str]]:
    """The line, the number and the text of each item of a list; lines that go on belong to it."""
    found: list[tuple[int, int, list[str]]] = []
    inside = False
    for place, line in enumerate(text.splitlines(), 1):
        item = _ITEM.fullmatch(line)
        if item is not None:
            inside = True
            found.append((place, int(item["number"]), [item["text"]]))
        elif _HEADING.fullmatch(line) or line.startswith("<!--"):
            inside = False
        elif inside:
            found[-1][2].append(line.strip())
    for place, number, lines in found:
        yield place, number, "\n".join(lines).strip()


def _title(text: str) -> str:
    headings = (_HEADING.fullmatch(line) for line in text.splitlines())
    return next((found["text"] for found in headings if found), "")


def _from_markdown(path: str, text: str) -> Sheet:
    heading = _title(text)
    said = [(found["name"], found["value"]) for found in _DIRECTIVE.finditer(text)]
    shared = _values(
        path,
        {name: _number(value) if name in ("points", "order") else value for name, value in said},
        _SHARED,
    )
    shared.pop("declare", None)
    shared["shared"] = "; ".join(value for name, value in said if name == "declare")
    problems = [
        _complete(_problem(item, Problem(**shared, number=k, place=f"{path}, line {line}")))
        for k, (line, _, item) in enumerate(_items(text), 1)
    ]
    return Sheet(heading or Path(path).stem, tuple(problems))


def _number(value: str) -> float | int | str:
    return int(value) if value.isdecimal() else float(value) if re.fullmatch(r"\d+\.\d+", value) else value


def _problem(item: str, blank: Problem) -> Problem:
    """The problem that a sentence asks. Raises MatcalcError where none is seen."""
    points = _POINTS.search(item)
    if points is not None:
        item = item[: points.start()] + item[points.end() :]
        blank = replace(blank, points=float(points["points"]))
    hint = _HINT.search(item)
    if hint is not None:
        blank, item = replace(blank, hint=" ".join(hint["hint"].split())), item[: hint.start()]
    item = " ".join(item.split()).rstrip(" .")
    judged = _JUDGED.fullmatch(item)
    if judged is not None and "=" in judged["claim"]:
        return replace(blank, statement=_plain(judged["claim"]))
    asked = _ASKED.fullmatch(item)
    if asked is None:
        raise blank.error(
            MatcalcError(
                "this asks for no derivative",
                expected="Differentiate FORMULA by NAME, or Prove or refute: EQUATION",
            )
        )
    second = asked["second"] or asked["twice"] or asked["twice_after"] or (asked["what"] or "").lower() == "hessian"
    facts = _plain(asked["rest"]).strip(" ,;.:")
    formula = _plain(asked["formula"]) + (f", {facts}" if facts else "")
    return replace(blank, formula=formula, wrt=_plain(asked["wrt"]), order=2 if second else blank.order)


def _plain(text: str) -> str:
    """What stands between dollar signs, without them."""
    return text.replace("$", "").replace("`", "").strip(" ,")


# ------------------------------------------------------------
# Answers.


def answers_of(path: str) -> list[Answers]:
    """The answers in a file, or in all files of a folder, in the order of their names. Raises
    MatcalcError for what cannot be read."""
    if not Path(path).is_dir():
        return [_answers(path)]
    files = [one for one in sorted(Path(path).iterdir()) if one.suffix.lower() in (".toml", ".md", ".txt")]
    if not files:
        raise MatcalcError(f"{path} has no answers", expected="files named .md, .txt or .toml")
    return [_answers(str(one)) for one in files]


def _answers(path: str) -> Answers:
    text = _read(path)
    if path.lower().endswith(".toml"):
        return _answers_in_toml(path, text)
    heading = _title(text)
    found: dict[int, str] = {}
    places: dict[int, str] = {}
    for line, number, item in _items(text):
        if number in found:
            raise MatcalcError(
                f"{path}, line {line}: a second answer to problem {number}",
                suggestion="one of the two",
            )
        found[number], places[number] = " ".join(item.split()), f"{path}, line {line}"
    return Answers(heading or Path(path).stem, found, places)


def _answers_in_toml(path: str, text: str) -> Answers:
    given = _toml(path, text)
    student = str(given.pop("student", "")) or Path(path).stem
    rows = given.pop("answers", given)
    if not isinstance(rows, dict):
        raise MatcalcError(f"{path}: answers is no table", suggestion='[answers]\n1 = "2 A x"')
    for name, value in rows.items():
        if not name.isdecimal() or not isinstance(value, str):
            raise MatcalcError(f"{path}: {name} = {value!r} is no answer", suggestion='1 = "2 A x"')
    places = {
        int(name): next(
            (f"{path}, line {k}" for k, line in enumerate(text.splitlines(), 1) if line.strip().strip("\"'").startswith(name)),
            path,
        )
        for name in rows
    }
    return Answers(student, {int(name): value.strip() for name, value in rows.items()}, places)


def shuffled(sheet: Sheet, seed: int | None) -> Sheet:
    """The problems in another order, the same for every seed, numbered anew."""
    if seed is None:
        return sheet
    problems = list(sheet.problems)
    random.Random(seed).shuffle(problems)
    return replace(sheet, problems=tuple([replace(one, number=k) for k, one in enumerate(problems, 1)]))
