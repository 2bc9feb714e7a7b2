"""Which function answers what. The first path segment decides for the server, the second for a database."""

from __future__ import annotations

from collections.abc import Mapping

from app.web.couch_http import all_docs, bulk, changes, databases, documents, monitoring, server_api, session, views
from app.web.couch_http.api import DatabaseHandler, ServerHandler
from app.web.couch_http.db_updates import db_updates

SERVER_ROUTES: Mapping[str, ServerHandler] = {
    "": server_api.welcome,
    "<database>": databases.make_or_delete,
    "_active_tasks": server_api.active_tasks,
    "_all_dbs": server_api.all_dbs,
    "_db_updates": db_updates,
    "_dbs_info": server_api.dbs_info,
    "_health": monitoring.health,
    "_membership": server_api.membership,
    "_node": monitoring.node,
    "_session": session.session,
    "_up": server_api.up,
    "_uuids": server_api.uuids,
}

DATABASE_ROUTES: Mapping[str, DatabaseHandler] = {
    "": databases.database,
    "<document>": documents.document,
    "_all_docs": all_docs.all_docs,
    "_bulk_docs": bulk.bulk_docs,
    "_bulk_get": bulk.bulk_get,
    "_changes": changes.changes,
    "_compact": databases.compact,
    "_design": views.design,
    "_design_docs": all_docs.all_docs,
    "_ensure_full_commit": databases.ensure_full_commit,
    "_local_docs": all_docs.local_docs,
    "_missing_revs": bulk.missing_revs,
    "_purge": bulk.purge,
    "_purged_infos_limit": databases.purged_infos_limit,
    "_revs_diff": bulk.revs_diff,
    "_revs_limit": databases.revs_limit,
    "_security": databases.security,
    "_view_cleanup": databases.view_cleanup,
}
