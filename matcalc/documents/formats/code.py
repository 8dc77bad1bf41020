"""Programs told from mathematics in plain characters: blocks without a language, lines and code spans."""

from __future__ import annotations

import re

_STATEMENT = re.compile(
    r"^[ \t]*(?:import[ ]+[\w.]+(?:[ ]+as[ ]+\w+)?[ \t]*$|from[ ]+[\w.]+[ ]+import\b|(?:async[ ]+)?def[ ]+\w+[ ]*\("
    r"|class[ ]+\w+[ ]*[:({]|for[ ]+[\w, ]+[ ]in[ ].*:|for[ ]*\(?\w+[ ]*=.*|while\b.*[:{)]$|if\b.*[:{]$|els?if\b.*[:{]|else[ ]*[:{]"
    r"|end(?:for|if|while|function)?;?$|(?:function|fn|func|let|var|const|auto|double|float|int|void)[ ]+\w+[ ]*[=(;]"
    r"|return[ ]+[^.]*;?$|print[ ]*\(|disp\(|assert[ ]|with[ ].*:$|\#include\b|using[ ]+\w+;?$|library\(|@\w+(?:\(.*\))?$"
    r"|[$%>][ ]\w|>>>[ ]|\.\.\.[ ]|In[ ]\[\d*\]:|Out\[\d*\]:|!pip|pip[ ]install|%matplotlib)",
    re.MULTILINE,
)
_SIGN = re.compile(
    r"[{}][ \t]*$|(?<![=<>!])==(?!=)|(?<![-+*/ ])[ ]?[+*/-]=[ ]|!==|\w->\w|<-[ ]|(?<![\w)\]}'])'[A-Za-z][\w ./:-]*'|\"[^\"\n]*\""
    r"|\b(?:np|numpy|torch|jnp|jax|tf|plt|pd|self|nn|sympy|scipy)\.\w|[A-Za-z_]\w*\.[A-Za-z_]\w*[ ]*\("
    r"|\b(?:None|True|False|null|nullptr|NaN)\b|\blambda[ ]\w+[ ]?:"
    r"|,[ ]?[a-z_]{2,}=[^=]|(?:^|[ ])~?/\.?\w+/|[─│┌┐└┘├┤┬┴┼═║╔╗╚╝]|\+-{2,}|^[ \t]*(\w+)[ ]*=[ ]*\1[ ]*[-+*/]",
    re.MULTILINE,
)
_CALL = re.compile(r"^[ \t]*(?:[\w, ]+=[ ]*)?[A-Za-z_]\w*(?:\.\w+)*\(.*\)[ \t]*$", re.MULTILINE)
_DERIVATIVE = re.compile(r"^[ \t]*(?:[-*•][ ]+|\d+[.)][ ]+)?(?:d\d?[ ]?\(.*\)[ ]*/[ ]*d|d\^?\d?\w+[ ]*/[ ]*d\w|∂|∇|grad\b)", re.MULTILINE)


def is_program(text: str) -> bool:
    """Whether lines are those of a program, and no notes in the same characters.

    >>> is_program("y = x.sum()\\nprint(y)"), is_program("d(x'*A*x)/dx = 2*A*x;")
    (True, False)
    """
    if _DERIVATIVE.search(text) is not None:
        return False
    return _STATEMENT.search(text) is not None or _SIGN.search(text) is not None


def holds_program(text: str) -> bool:
    """Whether some lines of a paragraph are statements of a program, which lost their markup.

    >>> holds_program("we print (here) what we need"), holds_program("import numpy as np\\nprint(np.pi)")
    (False, True)
    """
    return sum(1 for pattern in (_STATEMENT, _CALL) for _ in pattern.finditer(text)) >= 2
