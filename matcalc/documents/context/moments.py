r"""What moments of a vector tell of a matrix: ``R = \mathbb{E}[v v^\top]`` is positive semidefinite, and so is a covariance."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Said
from matcalc.documents.context.definitions import head_and_value
from matcalc.documents.context.facts import Told
from matcalc.documents.context.listed_entries import listed_names
from matcalc.documents.context.names import trimmed, weights_in, whole_name
from matcalc.documents.context.outline import END, Line
from matcalc.documents.context.wording import Wording
from matcalc.language.declare.declared import Declaration

_EXPECTED = r"(?:\\(?:mathbb|mathrm|operatorname|mathsf)\s*\{?\s*E\s*\}?|\\E(?![A-Za-z])|E|𝔼)(?:_\s*(?:\{[^{}]*\}|\w))?"
_SIZE = r"(?:\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|\s)*"
_MOMENT = pattern(
    rf"\s*{_EXPECTED}{_SIZE}(?:\[|\\\{{|\()(?P<whole>.{{2,300}}?)\^\s*(?:T|\\top|\\intercal|\{{\s*(?:T|\\top|\\intercal)\s*\}}){_SIZE}"
    rf"(?:\]|\\\}}|\)){_SIZE}"
)
_UNSEEN = pattern(_SIZE)


def moment_in(wording: Wording, line: Line) -> Told | None:
    """That a matrix is positive semidefinite, from a row that says of which vector it is the second moment."""
    found = head_and_value(line)
    if found is None or not found[0][:1].isupper() or line.notation != "latex":
        return None
    name, value = found
    moment = _MOMENT.fullmatch(value)
    if moment is None or not _is_twice(_UNSEEN.sub("", moment["whole"])):
        return None
    said = Said(f"{line.row.left.text} = {value}", line.row.left.place())
    bold = weights_in(line.row.left.text).of(name)
    declaration = Declaration(name, properties=("positive_semidefinite",))
    return Told(name, declaration, said, line.number, END, False, False, wording.spot, wording.place(0), bold)


_NORMAL = pattern(
    rf"(?:\\(?:mathcal|mathrm|mathscr|operatorname|text|mathbf)\s*\{{?\s*N\s*\}}?|\\N(?![A-Za-z])|N)(?:_\s*(?:\{{[^{{}}]*\}}|\w))?{_SIZE}"
    rf"\((?P<mean>[^()]{{1,80}}),(?P<covariance>[^(),]{{1,60}}?){_SIZE}\)"
)


def covariance_in(wording: Wording, line: Line) -> Told | None:
    r"""That a matrix is positive semidefinite, as the covariance of a normal distribution: ``x \sim N(\mu, S)``."""
    row = line.row
    found = _NORMAL.fullmatch(row.right.text.strip()) if row.relation == "∼" and row.right is not None else None
    name = whole_name(trimmed(found["covariance"])) if found is not None else None
    if name is None or not name[:1].isupper() or row.right is None:
        return None  # a number, or a multiple of the identity
    said = Said(f"{row.left.text} ∼ {row.right.text}", row.left.place())
    bold = weights_in(row.right.text).of(name)
    declaration = Declaration(name, properties=("positive_semidefinite",))
    return Told(name, declaration, said, line.number, wording.spot.section_end, False, False, wording.spot, wording.place(0), bold)


def diagonals_in(wording: Wording, line: Line) -> Iterator[Told]:
    r"""That the entries of a diagonal matrix are those of a vector: ``W = \mathrm{diag}(w_1, \dots, w_n)``."""
    text = line.row.right.text if line.row.right is not None and line.notation == "latex" else ""
    for name in sorted(listed_names(text)) if "diag" in text else ():
        said = Said(f"{line.row.left.text} = {text}", line.row.left.place())
        declaration = Declaration(name, "vector")
        yield Told(name, declaration, said, line.number, wording.spot.section_end, False, False, wording.spot, wording.place(0), None)


def _is_twice(text: str) -> bool:
    half = len(text) // 2
    return len(text) == 2 * half and text[:half] == text[half:]
