"""Damage texts: numbers, words and lines that no file should hold, and encodings."""

from __future__ import annotations

import re

import numpy as np

Rng = np.random.Generator

TOKEN = re.compile(r"-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\"[^\"]*\"|[A-Za-z_]\w*")
ODD = (
    *("nan", "NaN", "inf", "-Infinity", ".inf", ".nan", "1e999", "-1e308", "1e308", "1e30"),
    *("0", "-0", "-1", "-7", "0.5", "999999999999", "9" * 400, "1" * 5000, "0x10", "1_000", "1,5"),
    *("", '""', "null", "true", "[]", "{}", "[[[]]]", "abc", '"abc"', "é", "\x00", "%s", "../../x"),
    *("18446744073709551616", "-9223372036854775809", "1e-320", "3j", "1970-01-01", "\t"),
)
ENCODINGS = ("utf-16", "utf-16-be", "utf-8-sig", "utf-32", "cp037", "latin-1")
ENTITIES = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 9))
DOCTYPES = (
    f'<!DOCTYPE c [<!ENTITY e0 "eeeeeeeeee">{ENTITIES}]>',
    '<!DOCTYPE c [<!ENTITY e8 SYSTEM "file:///etc/hostname">]>',
    '<!DOCTYPE c SYSTEM "http://127.0.0.1:9/c.dtd">',
)
BOMBS = (
    "[" * 100_000,
    '{"a":' * 50_000,
    "<a>" * 50_000,
    "a: &a [*a, *a]\n",
    "a = " + "[" * 5_000,
    '"' + "x" * 200_000,
    "1" * 100_000,
)


def damage_text(content: bytes, rng: Rng) -> tuple[bytes, str]:
    """Change a few tokens or lines, or the encoding."""
    text = content.decode("utf-8", "surrogateescape")
    kind = str(rng.choice(["token"] * 8 + ["all", "line", "line", "encoding", "entity", "bomb"]))
    how = kind
    if kind == "token":
        found = list(TOKEN.finditer(text))
        for _ in range(int(rng.choice([1, 1, 1, 3])) if found else 0):
            token, odd = found[rng.integers(len(found))], ODD[rng.integers(len(ODD))]
            if text[token.start() : token.end()] == token.group():
                text = text[: token.start()] + odd + text[token.end() :]
                how += f" {token.group()[:20]} to {odd[:20]!r}"
    elif kind == "all":
        odd = ODD[rng.integers(len(ODD))]
        text = re.sub(r"(?<![\w.])-?\d+\.\d+", lambda _: odd, text)
        how = f"all decimals to {odd[:20]!r}"
    elif kind == "line":
        text, how = _damage_lines(text, rng)
    elif kind == "encoding":
        encoding = str(rng.choice(ENCODINGS))
        return text.encode(encoding, "replace"), f"encoded as {encoding}"
    elif kind == "entity":
        doctype = DOCTYPES[rng.integers(len(DOCTYPES))]
        head, _, rest = text.partition("?>")
        rest = re.sub(r'"[^"]*"', '"&e8;"', rest or head, count=1)
        text = f'<?xml version="1.0"?>{doctype}{rest}'
        how = doctype[:40]
    else:
        place, bomb = int(rng.integers(len(text) + 1)), BOMBS[rng.integers(len(BOMBS))]
        text = text[:place] + bomb + text[place:]
        how = f"{bomb[:8]!r} {len(bomb)} characters at {place}"
    return text.encode("utf-8", "surrogateescape"), how


def _damage_lines(text: str, rng: Rng) -> tuple[str, str]:
    lines = text.splitlines(keepends=True) or [""]
    place, other = (int(p) for p in rng.integers(len(lines), size=2))
    kind = str(rng.choice(["drop", "twice", "swap", "cut", "often", "blank", "ends"]))
    if kind == "drop":
        del lines[place]
    elif kind == "twice":
        lines.insert(other, lines[place])
    elif kind == "swap":
        lines[place], lines[other] = lines[other], lines[place]
    elif kind == "cut":
        lines[place] = lines[place][: int(rng.integers(len(lines[place]) + 1))]
    elif kind == "often":
        lines[place] *= 2000
    elif kind == "blank":
        lines[place] = "\n"
    else:
        lines = [line.replace("\n", "\r") for line in lines]
    return "".join(lines), f"{kind} line {place}"
