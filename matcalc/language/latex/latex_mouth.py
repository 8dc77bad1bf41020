r"""LaTeX as TeX reads it: one token after the other, with the commands of the writer replaced as they come.

Texts lie on a stack: the files that are taken in, what macros stand for, and their arguments. The next token is that of the uppermost one.
Nothing is copied: an argument is a stretch of the text that it was written in, and so each token knows its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cache
from typing import NamedTuple

from matcalc.base.budgets import LONGEST_ARGUMENT, MOST_EXPANSION, WORK_OF_A_CALL, spend
from matcalc.base.lazy import pattern
from matcalc.language.latex.latex_groups import Meanings
from matcalc.language.latex.latex_parameters import FALSE, TRUE, Argument, Environment, Macro, Parameter
from matcalc.language.latex.latex_slices import Slice, Text, string_of

_TOKEN = pattern(
    r"(?P<text>(?:[^\\{}$%\n]++|\n(?![^\S\n]*\n))++)"
    r"|(?P<par>\n[^\S\n]*\n\s*)"
    r"|\\(?P<command>[A-Za-z@]+|.|\Z)"
    r"|(?P<comment>%[^\n]*+(?:\n(?![^\S\n]*\n)[^\S\n]*)?+)"
    r"|(?P<sign>[{}$\n])",
    re.DOTALL,
)
_BLANK = pattern(r"(?:[^\S\n]++|\n(?![^\S\n]*\n)|%[^\n]*+(?:\n(?![^\S\n]*\n)[^\S\n]*)?+)*+")
_ONE = pattern(r"\\(?:[A-Za-z@]+|.|\Z)|.", re.DOTALL)
_NAME = pattern(r"\s*\{\s*([^{}\\%$#\n]{0,200}?)\s*\}")
_CALLED = pattern(r"\\[A-Za-z@]+|(?<=\\begin\{)[^{}]*(?=\})")
_EMPTY = Text("")
_BEFORE_ARGUMENTS = frozenset(["command", "begin", "}"])


class Token(NamedTuple):
    """One unit of LaTeX.

    ``kind`` is ``text`` (characters without a meaning of their own), ``par`` (an empty line), ``command`` (without its backslash),
    ``begin`` and ``end`` (the name of an environment), ``comment``, ``{``, ``}``, ``$``, or ``stop``. ``origin`` is the place that its
    first character comes from; what a macro stands for comes as a whole from its call, which reaches to ``until``, else -1.
    """

    kind: str
    text: str
    origin: int
    until: int = -1


class Frame:
    """A stretch of a text that is being read. ``done`` is called at its end; nothing outside is then taken for an argument.

    Where ``done`` returns True a token ``stop`` comes there.
    """

    __slots__ = ("at", "base", "done", "end", "origin", "string", "text", "until")

    def __init__(self, part: Slice, done: Callable[[], bool | None] | None = None) -> None:
        self.text, self.at, self.end, self.origin, self.until = part
        self.string = part.text.string
        self.base = part.text.base
        self.done = done

    def place(self, position: int) -> int:
        return self.origin if self.origin >= 0 else self.base + position

    def slice(self, start: int, end: int) -> Slice:
        return Slice(self.text, start, end, self.origin, self.until)


class Mouth:
    """Reads tokens. ``commands`` and ``environments`` are those that the writer has defined so far.

    ``primitives`` are done here and give no token; ``kept`` are names that keep their meaning whatever the writer makes of them.
    ``fault`` is told what is wrong, what to write instead, and from where to where.
    """

    def __init__(self, fault: Callable[[str, str, int, int], None], kept: Collection[str] = (), *, most: int) -> None:
        self.commands: Meanings[Macro] = Meanings()
        self.environments: Meanings[Environment] = Meanings()
        self.primitives: dict[str, Callable[[Token], Token | None]] = {"begin": self._begin, "end": self._end}
        self.fault = fault
        self.kept = kept
        self.most = most
        self._most_of_one = min(MOST_EXPANSION, most // 2)
        """Characters that all calls together may stand for."""
        self.given_up = False
        """Whether a command stood for too much."""
        self.frozen = False
        """Whether the writer's definitions are no longer followed, as they stand for too much."""
        self._frames: list[Frame] = []
        self._given: dict[str, list[list[Argument]]] = {}
        self._work = self._all_work = 0
        self._before = ""
        """The kind of the last token: behind a command a brace begins an argument, and no group."""
        self._outermost = Token("stop", "", 0)

    # ------------------------------------------------------------ what is read

    @property
    def frame(self) -> Frame:
        """What is being read."""
        return self._frames[-1]

    def push(self, parts: list[Slice], done: Callable[[], bool | None] | None = None) -> None:
        """Lets the parts be read next; ``done`` is called behind them."""
        frames = self._frames
        while frames and frames[-1].done is None and frames[-1].at >= frames[-1].end:
            frames.pop()
        if done is not None:
            frames.append(Frame(Slice(_EMPTY, 0, 0), done))
        for part in reversed(parts):
            if part.start < part.end:
                frames.append(Frame(part))

    def push_text(self, text: Text, done: Callable[[], bool | None]) -> None:
        """Lets a whole text be read next."""
        self._frames.append(Frame(Slice(text, 0, len(text.string)), done))

    def push_string(self, string: str, token: Token) -> None:
        """Lets a string be read next, in place of a token."""
        self.push([Slice(Text(string), 0, len(string), token.origin, self.ending(token))])

    def here(self) -> int:
        """The place of what comes next."""
        frame = self._frames[-1]
        return frame.place(frame.at)

    def ending(self, token: Token) -> int:
        """The place where a call ends that began with the token and has been read."""
        return token.until if token.until >= 0 else max(self.here(), token.origin + 1)

    @property
    def at_end(self) -> bool:
        """Whether nothing is left of what is read before something is to be done."""
        frames = self._frames
        while frames and frames[-1].done is None and frames[-1].at >= frames[-1].end:
            frames.pop()
        return not frames or frames[-1].at >= frames[-1].end

    @property
    def reading(self) -> bool:
        """Whether there is a text that is being read."""
        return bool(self._frames)

    def resume(self, frame: Frame, position: int) -> None:
        """Goes back to a place of a text that is being read, or has just been."""
        if frame in self._frames:
            del self._frames[self._frames.index(frame) + 1 :]
        else:
            self._frames.append(frame)
        frame.at = position

    def leave(self, done: Callable[[], bool | None]) -> None:
        """Passes over what is left of the text that ends with ``done``."""
        for frame in reversed(self._frames):
            frame.at = frame.end
            if frame.done == done:
                return

    def jump(self, text: Text, position: int) -> bool:
        """Goes on at a place of a text that is being read; False where it is not."""
        for depth, frame in enumerate(reversed(self._frames)):
            if frame.text is text and frame.at <= position <= frame.end:
                frame.at = position
                del self._frames[len(self._frames) - depth :]
                return True
            if frame.done is not None:
                return False
        return False

    # ------------------------------------------------------------ tokens

    def next(self) -> Token:
        """The next token, with macros replaced, definitions made and conditions decided."""
        while True:
            token = self.raw()
            kind = token.kind
            if kind != "command":
                if kind == "{" or kind == "}":
                    self._group_sign(kind)
                if kind != "text" or not token.text.isspace():
                    self._before = "}" if token.text[-1:] == "]" else kind
                return token
            self._before = kind
            macro = self.commands.get(token.text)
            if macro is not None and macro.alias:
                token = token._replace(text=macro.alias)
            elif macro is not None:
                if self.call(token, macro):
                    continue
                return token
            primitive = self.primitives.get(token.text)
            if primitive is None:
                return self._cut(token) if "@" in token.text[1:] or token.text[:1] == "@" != token.text else token
            found = primitive(token)
            if found is not None:
                return found
            self._before = ""

    def raw(self) -> Token:
        """The next token as it stands there."""
        frames = self._frames
        while frames:
            frame = frames[-1]
            start = frame.at
            match = _TOKEN.match(frame.string, start, frame.end)
            if match is None:
                frames.pop()
                if frame.done is not None and frame.done():
                    break
                continue
            frame.at = match.end()
            kind = match.lastgroup or ""
            text = match[kind]
            if kind == "sign":
                kind = "text" if text == "\n" else text
            return Token(kind, text, frame.origin if frame.origin >= 0 else frame.base + start, frame.until)
        return Token("stop", "", 0)

    def _group_sign(self, sign: str) -> None:
        """Begins or ends a group at a brace that has just been read."""
        frame = self._frames[-1]
        place = frame.at - 1
        if sign == "}":
            self.close_group(frame.text, place)
        elif self._before not in _BEFORE_ARGUMENTS and (end := frame.text.closing.get(place)) is not None:
            self.open_group(frame.text, end)

    def open_group(self, text: Text | None = None, end: int = -1) -> None:
        """Lets definitions hold up to a place, or, without one, a command."""
        self.commands.open(text, end)
        self.environments.open(text, end)

    def close_group(self, text: Text | None = None, end: int = -1) -> None:
        """Ends the group that ends at a place, or with a command."""
        if not self.frozen:
            self.commands.close(text, end)
            self.environments.close(text, end)

    def raw_with_text(self) -> tuple[Token, list[Slice]]:
        """The next token as it stands there, and what to ``push`` so that it comes again."""
        token = self.raw()
        if token.kind == "stop":
            return token, []
        frame, length = self._frames[-1], len(token.text) + (token.kind == "command")
        return token, [frame.slice(frame.at - length, frame.at)]

    def _cut(self, token: Token) -> Token:
        """A command before ``@``, which belongs to names only in packages."""
        length = token.text.index("@") or 1
        self.frame.at -= len(token.text) - length
        return token._replace(text=token.text[:length])

    def single(self) -> str:
        """The next command or character as it stands there; empty at the end of a text."""
        frame = self._ahead()
        match = None if frame is None else _ONE.match(frame.string, frame.at, frame.end)
        if frame is None or match is None:
            return ""
        frame.at = match.end()
        return match[0]

    def peek(self) -> str:
        """The next character behind white space; empty at the end of a text."""
        frame = self._ahead()
        return "" if frame is None else frame.string[frame.at]

    def after(self, sign: str) -> bool:
        """Whether the sign comes next, behind white space; it is passed then."""
        frame = self._ahead()
        if frame is None or not frame.string.startswith(sign, frame.at, frame.end):
            return False
        frame.at += len(sign)
        return True

    def at_once(self, sign: str) -> bool:
        """Whether the sign comes next without white space; it is passed then."""
        frames = self._frames
        while frames and frames[-1].done is None and frames[-1].at >= frames[-1].end:
            frames.pop()
        if not frames or not frames[-1].string.startswith(sign, frames[-1].at, frames[-1].end):
            return False
        frames[-1].at += len(sign)
        return True

    def _ahead(self) -> Frame | None:
        frames = self._frames
        while frames:
            frame = frames[-1]
            match = _BLANK.match(frame.string, frame.at, frame.end)
            if match is not None:
                frame.at = match.end()
            if frame.at < frame.end:
                return frame
            if frame.done is not None:
                return None
            frames.pop()
        return None

    # ------------------------------------------------------------ arguments

    def argument(self) -> list[Slice] | None:
        """The next argument without its braces; None where there is none."""
        frame = self._ahead()
        if frame is None:
            return None
        sign = frame.string[frame.at]
        if sign == "{":
            return self._group(frame)
        if sign in "}\n":
            return None
        match = _ONE.match(frame.string, frame.at, frame.end)
        if match is None:
            return None
        frame.at = match.end()
        return [frame.slice(*match.span())]

    def group(self) -> list[Slice] | None:
        """The next argument if it stands in braces."""
        return self.argument() if self.peek() == "{" else None

    def optional(self) -> list[Slice] | None:
        """The argument in brackets that comes next; None where there is none."""
        return self.between("[", "]")

    def between(self, opening: str, closing: str) -> list[Slice] | None:
        """What stands between two signs that come next; None, and nothing is passed, where they do not."""
        here = self._frames[-1] if self._frames else None
        passed = 0 if here is None else here.at
        frame = self._ahead()
        if frame is None or not frame.string.startswith(opening, frame.at, frame.end):
            if frame is not None and frame is here:
                frame.at = passed  # a comment on the way may be a directive
            return None
        start = frame.at
        frame.at += len(opening)
        found = self.until(closing)
        if found is None:
            frame.at = start
        return found

    def string(self) -> str | None:
        """The next argument as text."""
        found = self.argument()
        return None if found is None else string_of(found)

    def string_until(self, stop: str, most: int) -> str | None:
        """All before ``stop``, which is passed, as text; None where it does not come in the next ``most`` characters."""
        frame = self._ahead()
        if frame is None or frame.string.find(stop, frame.at, min(frame.end, frame.at + most)) < 0:
            return None
        found = self.until(stop)
        return None if found is None else string_of(found)

    def environment(self) -> str | None:
        """The name in braces behind ``\\begin`` or ``\\end``."""
        frame = self._ahead()
        match = None if frame is None else _NAME.match(frame.string, frame.at, frame.end)
        if frame is not None and match is not None:
            frame.at = match.end()
            return match[1]
        found = self.group()
        if found is None:
            return None
        name = string_of(found).strip()
        macro = self.commands.get(name[1:]) if name.startswith("\\") else None
        return name if macro is None else macro.body.strip()

    def until(self, stop: str) -> list[Slice] | None:
        """All before ``stop``, which is passed; None, and nothing is passed, where it does not come in the paragraph, outside of braces."""
        found: list[Slice] = []
        depth = 0
        for number, frame in enumerate(reversed(self._frames)):
            end, depth = _stopped(frame, stop, depth)
            if end >= 0:
                found.append(frame.slice(frame.at, end))
                frame.at = end + len(stop)
                del self._frames[len(self._frames) - number :]
                return found
            if end == _FAILED or frame.done is not None:
                return None
            found.append(frame.slice(frame.at, frame.end))
        return None

    def taken(self, parameters: tuple[Parameter, ...]) -> list[Argument] | None:
        """The arguments of a call; None where one is missing."""
        found: list[Argument] = []
        for parameter in parameters:
            if parameter.kind == "literal":
                if not self.after(parameter.marks[0]):
                    return None
                continue
            one = self._taken(parameter)
            if one is None:
                return None
            found.append(one)
        return found

    def _taken(self, parameter: Parameter) -> Argument | None:
        match parameter.kind:
            case "star":
                return TRUE if self.after(parameter.marks[0]) else FALSE
            case "optional":
                found = self.optional()
            case "between":
                found = self.between(*parameter.marks)
            case "group":
                found = self.group()
            case "until":
                found = self.until(parameter.marks[0])
            case "mandatory" | "literal":
                found = self.argument()
        return parameter.default if found is None else found

    def _group(self, frame: Frame) -> list[Slice] | None:
        start = frame.at
        closed = frame.text.closing.get(start)
        if closed is not None and closed < frame.end:
            frame.at = closed + 1
            return [frame.slice(start + 1, closed)]
        if frame.origin < 0:
            return None
        frame.at += 1
        found = self.until("}")
        if found is None:
            frame.at = start
        return found

    # ------------------------------------------------------------ calls

    def call(self, token: Token, macro: Macro) -> bool:
        """Replaces a call; False where its arguments are missing."""
        if token.until < 0:
            self._work, self._outermost = 0, token
        arguments = self.taken(macro.parameters)
        if arguments is None:
            count = len([one for one in macro.parameters if one.default is None and one.kind in ("mandatory", "until")])
            reason = f"\\{token.text} needs {count} argument{'s' * (count > 1)} after it"
            self.fault(reason, "", token.origin, token.until if token.until >= 0 else token.origin + len(token.text) + 1)
            return False
        self.replace(macro, arguments, token)
        return True

    def replace(self, macro: Macro, arguments: list[Argument], token: Token) -> None:
        """Lets what a macro stands for be read next."""
        end = self.ending(token)
        parts = macro.parts(arguments, token.origin, end)
        work = WORK_OF_A_CALL
        for part in parts:
            work += part.end - part.start
        self._work += work
        before, self._all_work = self._all_work >> 6, self._all_work + work
        if self._all_work >> 6 > before:
            spend((self._all_work >> 6) - before)
        if self._work > self._most_of_one or self._all_work > self.most:
            self._give_up()
        else:
            self.push(parts)

    def _give_up(self) -> None:
        """Forgets the macro that stands for too much, or all of them where they do together."""
        token = self._outermost
        end = token.origin + len(token.text) + 1
        self.given_up = True
        if self._all_work > self.most:
            self.commands.clear()
            self.environments.clear()
            self.frozen = True
            self.fault("the definitions make the input too long", "shorter definitions", token.origin, end)
        else:
            reason = "is defined by itself" if self._returns(token.text) else "stands for too long a text"
            self.commands.pop(token.text, None)
            self.environments.pop(token.text, None)
            self.fault(f"\\{token.text} {reason}", "a definition in other terms", token.origin, end)
        while self._frames and self._frames[-1].done is None:
            self._frames.pop()

    def _returns(self, name: str) -> bool:
        """Whether what a command or an environment stands for holds itself, or what does so."""
        users: dict[str, list[str]] = {name: []}
        open_parts: dict[str, int] = {}
        waiting = [name]
        while waiting:
            one = waiting.pop()
            parts = {other for other in self._named_in(one) if other in self.commands or other in self.environments}
            open_parts[one] = len(parts)
            for part in parts:
                if part not in users:
                    waiting.append(part)
                users.setdefault(part, []).append(one)
        ready = [one for one, count in open_parts.items() if not count]
        for one in ready:
            for user in users[one]:
                open_parts[user] -= 1
                if not open_parts[user]:
                    ready.append(user)
        return len(ready) < len(open_parts)

    def _named_in(self, name: str) -> list[str]:
        environment = self.environments.get(name)
        bodies = [] if environment is None else [environment.begin.body, environment.end.body]
        if name in self.commands:
            bodies.append(self.commands[name].body)
        return [one.lstrip("\\") for body in bodies for one in _CALLED.findall(body)]

    def _begin(self, token: Token) -> Token | None:
        name = self.environment()
        if name is None:
            return token
        found = self.environments.get(name)
        if found is None:
            return Token("begin", name, token.origin, token.until)
        if token.until < 0:
            self._work, self._outermost = 0, token._replace(text=name)
        arguments = self.taken(found.begin.parameters)
        if arguments is None:
            self.fault(f"the environment {name} needs arguments", "", token.origin, self.ending(token))
            arguments = []
        self._given.setdefault(name, []).append(arguments)
        self.replace(found.begin, arguments, token)
        return None

    def _end(self, token: Token) -> Token | None:
        name = self.environment()
        if name is None:
            return token
        found = self.environments.get(name)
        given = self._given.get(name)
        if found is None or not given:
            return Token("end", name, token.origin, token.until)
        if token.until < 0:
            self._work, self._outermost = 0, token._replace(text=name)
        self.replace(found.end, given.pop(), token)
        return None


_FAILED = -2


def _stopped(frame: Frame, stop: str, depth: int) -> tuple[int, int]:
    """The place of ``stop`` in what is left of a frame, outside of braces, and how deep in braces it ends; -1 without, -2 for never."""
    if frame.origin < 0:
        following = frame.text.following(stop, frame.at)
        if not 0 <= following < frame.end or following > frame.at + LONGEST_ARGUMENT:
            return -1, depth
    marks, string, position = _marks(stop), frame.string, frame.at
    while (match := marks.search(string, position, frame.end)) is not None:
        position = match.end()
        if match["stop"] and depth == 0:
            return match.start(), depth
        sign = match[0]
        if sign == "{":
            closed = frame.text.closing.get(match.start())
            if closed is not None and closed < frame.end:
                position = closed + 1
            else:
                depth += 1
        elif sign == "}":
            depth -= 1
            if depth < 0:
                return _FAILED, depth
        elif sign[0] == "\n" and stop != "}":
            return _FAILED, depth
    return -1, depth


@cache
def _marks(stop: str) -> re.Pattern[str]:
    ending = r"(?![A-Za-z@])" if stop[:1] == "\\" and stop[-1:].isalpha() else ""
    return re.compile(rf"(?P<stop>{re.escape(stop)}{ending})|\\(?:[A-Za-z@]+|.)|[{{}}]|%[^\n]*|\n[^\S\n]*\n", re.DOTALL)
