"""LaTeX as TeX reads it: one token after the other, with the commands of the writer replaced as
they come.

Texts lie on a stack: the files that are taken in, what macros stand for, and their arguments. The
next token is that of the uppermost one. Nothing is copied: an argument is a stretch of the text
that it was written in, and so each token knows its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from graphlib import CycleError, TopologicalSorter
from typing import Any

from matcalc.base.budgets import MOST_EXPANSION, WORK_OF_A_CALL, spend
from matcalc.base.lazy import pattern
from matcalc.language.latex.latex_texts import (
    FALSE,
    NEVER,
    TRUE,
    Argument,
    Environment,
    Frame,
    Macro,
    Meanings,
    Parameter,
    Slice,
    Text,
    Token,
    string_of,
)

_NAME = pattern(r"\s*\{\s*([^{}\\%$#\n]{0,200}?)\s*\}")
_CALLED = pattern(r"\\[A-Za-z@]+|(?<=\\begin\{)[^{}]*(?=\})")
_EMPTY = Text("")
_BEFORE_ARGUMENTS = frozenset(["command", "begin", "}"])


class Mouth:
    """Reads tokens. ``commands`` and ``environments`` are those that the writer has defined so far.

    ``primitives`` are done here and give no token; ``kept`` are names that keep their meaning
    whatever the writer makes of them. ``fault`` is told what is wrong, what to write instead, and
    from where to where.
    """

    def __init__(self, fault: Callable[[str, str, int, int], None], kept: Collection[str] = (), *, most: int) -> None:
        self.commands: Meanings[Macro] = Meanings()
        self.environments: Meanings[Environment] = Meanings()
        self._meanings: tuple[Meanings[Any], ...] = (self.commands, self.environments)
        self.primitives: dict[str, Callable[[Token], Token | None]] = dict.fromkeys(("begin", "end"), self._end_of_environment)
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
        self._top()
        if done is not None:
            self._frames.append(Frame(Slice(_EMPTY, 0, 0), done))
        self._frames += [Frame(part) for part in reversed(parts) if part.start < part.end]

    def _top(self) -> Frame | None:
        """What is being read, without what is read to its end."""
        frames = self._frames
        while frames and frames[-1].spent:
            frames.pop()
        return frames[-1] if frames else None

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
        top = self._top()
        return top is None or top.at >= top.end

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
        while (token := self.raw()).kind == "command":
            self._before = "command"
            macro = self.commands.get(token.text)
            if macro is not None and not macro.alias:
                if not self.call(token, macro):
                    return token
                continue
            token = token if macro is None else token._replace(text=macro.alias)
            primitive = self.primitives.get(token.text)
            if primitive is None:
                return self._cut(token)
            found = primitive(token)
            if found is not None:
                return found
            self._before = ""
        self._group_sign(token.kind)
        if token.kind != "text" or not token.text.isspace():
            self._before = "}" if token.text[-1:] == "]" else token.kind
        return token

    def raw(self) -> Token:
        """The next token as it stands there."""
        while self._frames:
            token = self._frames[-1].token()
            if token is not None:
                return token
            done = self._frames.pop().done
            if done is not None and done():
                break
        return Token("stop", "", 0)

    def _group_sign(self, sign: str) -> None:
        """Begins or ends a group at a brace that has just been read."""
        if sign not in ("{", "}"):
            return
        frame = self._frames[-1]
        place = frame.at - 1
        if sign == "}":
            self.close_group(frame.text, place)
        elif self._before not in _BEFORE_ARGUMENTS and (end := frame.text.closing.get(place)) is not None:
            self.open_group(frame.text, end)

    def open_group(self, text: Text | None = None, end: int = -1) -> None:
        """Lets definitions hold up to a place, or, without one, a command."""
        for meanings in self._meanings:
            meanings.open(text, end)

    def close_group(self, text: Text | None = None, end: int = -1) -> None:
        """Ends the group that ends at a place, or with a command."""
        for meanings in () if self.frozen else self._meanings:
            meanings.close(text, end)

    def raw_with_text(self) -> tuple[Token, list[Slice]]:
        """The next token as it stands there, and what to ``push`` so that it comes again."""
        token = self.raw()
        if token.kind == "stop":
            return token, []
        frame, length = self._frames[-1], len(token.text) + (token.kind == "command")
        return token, [frame.slice(frame.at - length, frame.at)]

    def _cut(self, token: Token) -> Token:
        """A command before ``@``, which belongs to names only in packages."""
        length = token.text.find("@") or 1
        if length < 0 or length == len(token.text):
            return token
        self.frame.at -= len(token.text) - length
        return token._replace(text=token.text[:length])

    def single(self) -> str:
        """The next command or character as it stands there; empty at the end of a text."""
        frame = self._ahead()
        found = None if frame is None else frame.one()
        return "" if found is None else found.string

    def peek(self) -> str:
        """The next character behind white space; empty at the end of a text."""
        frame = self._ahead()
        return "" if frame is None else frame.string[frame.at]

    def after(self, sign: str) -> bool:
        """Whether the sign comes next, behind white space; it is passed then."""
        frame = self._ahead()
        return frame is not None and frame.passes(sign)

    def at_once(self, sign: str) -> bool:
        """Whether the sign comes next without white space; it is passed then."""
        top = self._top()
        return top is not None and top.passes(sign)

    def _ahead(self) -> Frame | None:
        """What is being read, behind white space; None where nothing comes before something is to
        be done."""
        while self._frames:
            frame = self._frames[-1]
            frame.skip_blank()
            if frame.at < frame.end:
                return frame
            if frame.done is not None:
                return None
            self._frames.pop()
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
        found = None if sign in "}\n" else frame.one()
        return None if found is None else [found]

    def group(self) -> list[Slice] | None:
        """The next argument if it stands in braces."""
        return self.argument() if self.peek() == "{" else None

    def optional(self) -> list[Slice] | None:
        """The argument in brackets that comes next; None where there is none."""
        return self.between("[", "]")

    def between(self, opening: str, closing: str) -> list[Slice] | None:
        """What stands between two signs that come next; None, and nothing is passed, where they do
        not."""
        here = self._frames[-1] if self._frames else None
        passed = 0 if here is None else here.at
        frame = self._ahead()
        start = 0 if frame is None else frame.at
        if frame is None or not frame.passes(opening):
            if frame is not None and frame is here:
                frame.at = passed  # a comment on the way may be a directive
            return None
        found = self.until(closing)
        if found is None:
            frame.at = start
        return found

    def string(self) -> str | None:
        """The next argument as text."""
        found = self.argument()
        return None if found is None else string_of(found)

    def string_until(self, stop: str, most: int) -> str | None:
        """All before ``stop``, which is passed, as text; None where it does not come in the next
        ``most`` characters."""
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
        """All before ``stop``, which is passed; None, and nothing is passed, where it does not come
        in the paragraph, outside of braces."""
        found: list[Slice] = []
        depth = 0
        for number, frame in enumerate(reversed(self._frames)):
            end, depth = frame.stopped(stop, depth)
            if end >= 0:
                found.append(frame.slice(frame.at, end))
                frame.at = end + len(stop)
                del self._frames[len(self._frames) - number :]
                return found
            if end == NEVER or frame.done is not None:
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
        closed = frame.closing(start)
        if closed is not None:
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
        self._begin_call(token, token.text)
        arguments = self.taken(macro.parameters)
        if arguments is None:
            count = len([one for one in macro.parameters if one.default is None and one.kind in ("mandatory", "until")])
            reason = f"\\{token.text} needs {count} argument{'s' * (count > 1)} after it"
            self.fault(reason, "", token.origin, token.ending)
            return False
        self.replace(macro, arguments, token)
        return True

    def _begin_call(self, token: Token, name: str) -> None:
        """Counts anew at a call that stands in the text itself."""
        if token.until < 0:
            self._work, self._outermost = 0, token._replace(text=name)

    def replace(self, macro: Macro, arguments: list[Argument], token: Token) -> None:
        """Lets what a macro stands for be read next."""
        end = self.ending(token)
        parts = macro.parts(arguments, token.origin, end)
        work = sum([part.end - part.start for part in parts], WORK_OF_A_CALL)
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
        self.given_up = True
        reason, advice = "the definitions make the input too long", "shorter definitions"
        if self._all_work > self.most:
            self.frozen = True
            for meanings in self._meanings:
                meanings.clear()
        else:
            said = "is defined by itself" if self._returns(token.text) else "stands for too long a text"
            reason, advice = f"\\{token.text} {said}", "a definition in other terms"
            for meanings in self._meanings:
                meanings.pop(token.text, None)
        self.fault(reason, advice, token.origin, token.origin + len(token.text) + 1)
        while self._frames and self._frames[-1].done is None:
            self._frames.pop()

    def _returns(self, name: str) -> bool:
        """Whether what a command or an environment stands for holds itself, or what does so."""
        uses: dict[str, set[str]] = {}
        waiting = [name]
        while waiting:
            one = waiting.pop()
            if one not in uses:
                uses[one] = {other for other in self._named_in(one) if other in self.commands or other in self.environments}
                waiting += uses[one]
        try:
            TopologicalSorter(uses).prepare()
        except CycleError:
            return True
        return False

    def _named_in(self, name: str) -> list[str]:
        environment = self.environments.get(name)
        bodies = [] if environment is None else [environment.begin.body, environment.end.body]
        if name in self.commands:
            bodies.append(self.commands[name].body)
        return [one.lstrip("\\") for body in bodies for one in _CALLED.findall(body)]

    def _end_of_environment(self, token: Token) -> Token | None:
        """Replaces the beginning or the end of an environment that the writer has defined."""
        name = self.environment()
        if name is None:
            return token
        found, given = self.environments.get(name), self._given.setdefault(name, [])
        if found is None or (token.text == "end" and not given):
            return Token(token.text, name, token.origin, token.until)
        self._begin_call(token, name)
        if token.text == "end":
            self.replace(found.end, given.pop(), token)
            return None
        arguments = self.taken(found.begin.parameters)
        if arguments is None:
            self.fault(f"the environment {name} needs arguments", "", token.origin, self.ending(token))
        given.append(arguments or [])
        self.replace(found.begin, given[-1], token)
        return None
