"""ESC/POS, the language of receipt printers, by way of python-escpos: rows of text, a QR code, the cut, the drawer.

A printer knows a few code pages of 256 characters each. A row goes out in the first page that has all its characters;
one that no page has (Chinese) as the printer's own GB 18030 where settings say that it has it, else as a picture in a
font of this machine, and without such a font with question marks. Everything is put together before the printer
hears a byte, so that no mistake of ours leaves half a receipt.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.shop.receipts import qr
from app.shop.receipts.layout import Row, width

Doc = Mapping[str, Any]

#: Python's name of a code page → the number that ESC t gives it on every printer of this family.
PAGES = {"cp437": 0, "cp850": 2, "cp858": 19, "cp1252": 16, "cp852": 18, "cp866": 17}
CHINESE_ON, CHINESE_OFF = b"\x1c&", b"\x1c."
#: What no code page has, and has a plain twin: minus, dashes, quotes, spaces that don't break.
PLAIN = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "~", "\u00a0": " ", "\u202f": " "}
)
#: Dots of one column: 12 on paper of 42 and 48 columns.
COLUMN_DOTS = 12
ROW_DOTS = 30
QR_DOTS = 5  # of one module: 0.6 mm, which a scanner reads at arm's length
#: Fonts with Chinese characters, where the systems that tills run on keep them.
FONTS = (
    "/usr/share/fonts/**/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/**/NotoSansSC-Regular.*",
    "/usr/share/fonts/**/wqy-*.ttc",
    "/usr/share/fonts/**/DroidSansFallback*.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti*.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)


class NoLibrary(Exception):
    """python-escpos isn't installed."""


def _dummy() -> Any:
    try:
        from escpos.printer import Dummy
    except ImportError as missing:
        raise NoLibrary(str(missing)) from missing
    return Dummy()


def kick() -> bytes:
    """Opens the drawer at the printer's plug: both pins, since shops wire either."""
    printer = _dummy()
    printer.cashdraw(2)
    printer.cashdraw(5)
    return bytes(printer.output)


def encoded(rows: Sequence[Row], printer: Doc, *, qr: str | None = None, open_drawer: bool = False) -> bytes:
    """The whole receipt as bytes for the printer of settings (`columns`, `encoding`, `font`)."""
    out = _dummy()
    out.hw("INIT")
    if open_drawer:
        out.cashdraw(2)
        out.cashdraw(5)
    for row in rows:
        _row(out, row, printer)
    if qr:
        out.set(align="left", normal_textsize=True)
        out.image(_qr(qr, int(printer["columns"])), impl="bitImageRaster", center=False)
    out.cut()
    return bytes(out.output)


def _row(out: Any, row: Row, printer: Doc) -> None:
    row = row._replace(text=row.text.translate(PLAIN))
    page = page_of(row.text)
    picture = None
    if page is None and printer.get("encoding") != "gb18030":
        picture = _picture(row, int(printer["columns"]), printer.get("font"))
    out.set(align=row.align, bold=row.bold, double_width=row.big, double_height=row.big, normal_textsize=not row.big)
    if picture is not None:
        out.set(align="left", normal_textsize=True)
        out.image(picture, impl="bitImageRaster", center=False)
    elif page is not None:
        out._raw(b"\x1bt" + bytes([PAGES[page]]) + row.text.encode(page) + b"\n")
    elif printer.get("encoding") == "gb18030":
        out._raw(CHINESE_ON + row.text.encode("gb18030", "replace") + b"\n" + CHINESE_OFF)
    else:
        out._raw(b"\x1bt" + bytes([PAGES["cp437"]]) + _plain(row.text).encode("cp437", "replace") + b"\n")


def _qr(text: str, columns: int) -> Any:
    """The code as a picture as wide as the paper: printers that draw QR codes themselves differ in how."""
    from PIL import Image

    modules = list(qr.rows(text))
    side = len(modules)
    code = Image.new("1", (side, side), 1)
    code.putdata([0 if dark else 1 for row in modules for dark in row])
    code = code.resize((side * QR_DOTS, side * QR_DOTS), Image.Resampling.NEAREST)
    paper = Image.new("1", (columns * COLUMN_DOTS, code.height), 1)
    paper.paste(code, ((paper.width - code.width) // 2, 0))
    return paper


def page_of(text: str) -> str | None:
    """The first code page that has every character."""
    for page in PAGES:
        try:
            text.encode(page)
        except UnicodeEncodeError:
            continue
        return page
    return None


def _plain(text: str) -> str:
    """Question marks as wide as what they stand for, so that amounts stay in their column."""
    return "".join(c if page_of(c) else "?" * width(c) for c in text)


@lru_cache(maxsize=4)
def font_of(path: str | None) -> str | None:
    """The file of a font with Chinese characters: the one of settings, else one that this machine has."""
    for pattern in (*([path] if path else []), *FONTS):
        found = sorted(glob.glob(pattern, recursive=True))
        if found:
            return found[0]
    return None


def _picture(row: Row, columns: int, path: str | None) -> Any:
    """The row as a picture as wide as the paper, or None without a font."""
    file = font_of(path)
    if file is None:
        return None
    from PIL import Image, ImageDraw, ImageFont

    scale = 2 if row.big else 1
    image = Image.new("1", (columns * COLUMN_DOTS, ROW_DOTS * scale), 1)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(file, (ROW_DOTS - 6) * scale)
    step = COLUMN_DOTS * scale
    at = (columns * COLUMN_DOTS - width(row.text) * step) // 2 if row.align == "center" else 0
    for c in row.text:  # each in its column, so that amounts stand under one another
        draw.text((at, 0), c, font=font, fill=0, stroke_width=1 if row.bold else 0)
        at += width(c) * step
    return image
