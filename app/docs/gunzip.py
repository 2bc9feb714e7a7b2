"""Unzipping what somebody sent: no further than it may unfold, however small it came."""

from __future__ import annotations

import zlib

#: Bytes that a body or an attachment may unfold to: as many as a plain one may have.
MOST = 256 * 1024 * 1024


class Unfit(Exception):
    """No gzip, or damaged, or cut short. The message is zlib's, or says where it ended."""


class Unfolds(Unfit):
    """It would unfold to more than it may."""


def gunzip(data: bytes, most: int = MOST) -> bytes:
    """The bytes in a gzip, or in several behind one another. Raises Unfit, Unfolds beyond `most` bytes."""
    pieces: list[bytes] = []
    left = most
    while True:
        unzip = zlib.decompressobj(wbits=31)
        try:
            piece = unzip.decompress(data, left + 1)
        except zlib.error as error:
            raise Unfit(str(error)) from None
        left -= len(piece)
        if left < 0:
            raise Unfolds(f"it unfolds to more than {most} bytes")
        pieces.append(piece)
        if not unzip.eof:
            raise Unfit("it ends before its end")
        data = unzip.unused_data.lstrip(b"\0")
        if not data:
            return b"".join(pieces)
