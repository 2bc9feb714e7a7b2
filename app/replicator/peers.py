"""Makes a peer of whatever names one: an open database, a file, a URL."""

from __future__ import annotations

from pathlib import Path

from app.docs.database import Database
from app.replicator.auth import Credentials
from app.replicator.local import LocalPeer
from app.replicator.peer import Peer
from app.replicator.remote import RemotePeer


def open_peer(
    spec: Database | Peer | Path | str,
    *,
    credentials: Credentials | None = None,
    sessions: bool = False,
    create: bool = True,
) -> Peer:
    """`spec`: a `Database` (stays open), a `file.db` (`Path` or text; made when `create`), or an http(s) URL.

    Raises ValueError for a URL that names no database, StoreError for a file that is none.
    """
    if isinstance(spec, Database):
        return LocalPeer(spec)
    if isinstance(spec, str) and spec.lower().startswith(("http://", "https://")):
        return RemotePeer(spec, credentials=credentials, sessions=sessions)
    if isinstance(spec, str | Path):
        return LocalPeer(Database(Path(spec), create=create), owned=True)
    return spec
