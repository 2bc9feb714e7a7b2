"""The files that set up a CouchDB: compose files, the proxy's, the settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from couch import settings

COUCH = Path(__file__).resolve().parents[2] / "couch"
COMPOSE = ("docker-compose.yml", "docker-compose.cluster.yml")

#: The names of CouchDB's settings; and its own file of them, where its source is at hand.
KEYS = Path(__file__).with_name("couchdb-3.5.2.keys")
DEFAULTS = Path(os.environ.get("COUCHDB_SOURCE", "")) / "rel" / "overlay" / "etc" / "default.ini"


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_is_what_the_compose_specification_says(name: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COUCH / name)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", COMPOSE)
def test_what_a_compose_file_names_is_there(name: str) -> None:
    from ruamel.yaml import YAML

    compose = YAML(typ="safe").load(COUCH / name)
    text = (COUCH / name).read_text("utf-8")
    example = (COUCH / "env.example").read_text("utf-8")
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert (COUCH / source).is_file() if source.startswith(".") else source in compose["volumes"]
    for variable in set(re.findall(r"(?<!\$)\$\{(\w+)", text)):
        assert re.search(rf"^{variable}=", example, re.MULTILINE), variable
    published = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert published == ["80:80", "443:443"], "only the proxy is to be reached from outside"


def test_the_nodes_of_the_cluster_are_those_of_its_seedlist_and_of_the_proxy() -> None:
    from ruamel.yaml import YAML

    compose = YAML(typ="safe").load(COUCH / COMPOSE[1])
    nodes = {name: service for name, service in compose["services"].items() if name != "proxy"}
    names = [service["environment"]["NODENAME"] for service in nodes.values()]
    aliases = [alias for service in nodes.values() for alias in service["networks"]["central"]["aliases"]]
    cluster = settings.parse((COUCH / "cluster.ini").read_text("utf-8"))["cluster"]
    assert names == aliases and len(names) == int(cluster["n"]) == 3
    assert cluster["seedlist"].split(",") == [f"couchdb@{name}" for name in names]
    assert compose["services"]["proxy"]["environment"]["CENTRAL_NODES"].split() == [f"{name}:5984" for name in nodes]


@pytest.mark.parametrize("tls", ["public", "internal"])
def test_the_proxys_file_is_what_caddy_takes(tls: str, tmp_path: Path) -> None:
    caddy = Path(sys.executable).with_name("caddy")
    own = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    env = {**os.environ, **own, "CENTRAL_HOST": "central.example", "CENTRAL_TLS": tls, "CENTRAL_NODES": "a:1 b:2"}
    command = [str(caddy), "validate", "--adapter", "caddyfile", "--config", str(COUCH / "Caddyfile")]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr


def test_each_setting_is_explained_and_none_is_a_secret() -> None:
    text = (COUCH / "local.ini").read_text("utf-8")
    found = settings.wanted()
    assert {"max_document_size", "max_dbs_open", "users_db_security_editable"} <= set(found["couchdb"])
    assert found["chttpd"]["require_valid_user"] == "true" and "admins" not in found
    explained = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("["):
            explained = ""
        elif line.startswith(";"):
            explained += line
        else:
            # Those that stand together share what is said of them.
            assert len(explained) > 40, f"{line} is not explained"
    assert not {"secret", "password"} & {key for section in found.values() for key in section}


@pytest.mark.parametrize("file", ["local.ini", "cluster.ini"])
def test_each_setting_is_one_that_couchdb_knows(file: str) -> None:
    known = keys(KEYS.read_text("utf-8"))
    for section, values in settings.parse((COUCH / file).read_text("utf-8")).items():
        assert set(values) <= known[section], section


@pytest.mark.skipif(not DEFAULTS.is_file(), reason="COUCHDB_SOURCE names no source of a CouchDB")
def test_the_settings_that_couchdb_knows_are_those_of_its_source() -> None:
    there = keys(DEFAULTS.read_text("utf-8"))
    assert {section: there[section] for section in keys(KEYS.read_text("utf-8"))} == keys(KEYS.read_text("utf-8"))


def keys(text: str) -> dict[str, set[str]]:
    """The settings' names by section, in a list of names as in CouchDB's own file."""
    known: dict[str, set[str]] = {}
    section = ""
    for line in text.splitlines():
        if found := re.match(r";?\[([^\]]+)\]", line):
            section = found[1]
        elif found := re.match(r";?\s?(\w+)\s*(=|$)", line):
            known.setdefault(section, set()).add(found[1])
    return known
