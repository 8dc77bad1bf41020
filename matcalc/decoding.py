"""Text from bytes and from other programs: marks of an encoding, line ends, spaces and quotes as word processors write them."""

from __future__ import annotations

_PLAIN = str.maketrans(
    {"\ufeff": None, "\u200b": None, "\u2060": None, "\u00ad": None, "\r": "\n"}
    | dict.fromkeys("\u00a0\u202f\u2007\u2009\u200a", " ")
    | dict.fromkeys("“”„«»", '"')
)


def decoded(content: bytes) -> str:
    r"""The text of bytes in UTF-8, or UTF-16 with its mark, with Unix line ends.

    >>> decoded("x'Ax\r\n".encode("utf-8-sig")), decoded("x²".encode("utf-16"))
    ("x'Ax\n", 'x²')
    """
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return content.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def plain(text: str) -> str:
    r"""The text without invisible marks, with plain spaces, double quotes and line ends.

    >>> plain("\ufeffA:\u00a0n×n\r\n")
    'A: n×n\n'
    """
    return text.replace("\r\n", "\n").translate(_PLAIN)
