"""marshmallow to JSON Schema: apispec's converter, taught the fields of `app.shop.schemas`."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from app.shop.conflicts.asked import Choices
from app.shop.schemas import base
from app.shop.schemas.cart import Lines, Loose
from app.shop.schemas.journalled import Details
from app.shop.schemas.resolution import Plain, Values

#: JSON Schema's own words of our fields, by class; a subclass overrides.
TYPES: dict[type, dict[str, Any]] = {
    base.Whole: {"type": "integer"},
    base.Text: {"type": "string"},
    base.Flag: {"type": "boolean"},
    base.Attributes: {"type": "object", "additionalProperties": {"type": "string", "maxLength": 500}},
    base.Part: {"type": "object"},
    Lines: {"type": "object", "additionalProperties": {"type": "object"}},
    Loose: {"type": "object"},
    Details: {"type": "object"},
    Choices: {"type": "object", "additionalProperties": {"type": "object"}},
    Values: {"type": "object"},
    Plain: {},
}


class Converter:
    """Schemas become components of `spec`, each under the name of its class."""

    def __init__(self, title: str, version: str, **options: Any) -> None:
        self._named: dict[str, type] = {}
        self._plugin = MarshmallowPlugin(schema_name_resolver=self._name)
        self.spec = APISpec(title, version, "3.1.0", plugins=[self._plugin], **options)
        assert self._plugin.converter is not None
        self._converter = self._plugin.converter
        # After apispec's own idea of the type, before the function that lays null over it.
        self._converter.attribute_functions.insert(1, self._ours)
        self._converter.attribute_functions.append(self._or_null)

    def ref(self, schema: type[Schema]) -> dict[str, Any]:
        """A reference to the schema's component."""
        found: dict[str, Any] = self._converter.resolve_nested_schema(schema)
        return found

    def components(self) -> dict[str, Any]:
        """Every component so far; those of ours refuse what they don't know."""
        for name, schema in self.spec.components.schemas.items():
            known = self._named.get(name)
            if known is not None and issubclass(known, base.Strict):
                schema["additionalProperties"] = False
                about = " ".join((known.__doc__ or "").split())
                if about and known.__doc__ != base.Strict.__doc__:
                    schema["description"] = about
        return dict(self.spec.components.schemas)

    def _name(self, schema: Any) -> str:
        kind = schema if isinstance(schema, type) else type(schema)
        name = kind.__name__
        if self._named.setdefault(name, kind) is not kind:
            name = kind.__module__.rpartition(".")[2].capitalize() + name
            self._named[name] = kind
        return name

    def _ours(self, field: Any, **_: Any) -> dict[str, Any]:
        """Type and bounds of one of our fields; {} for marshmallow's own."""
        kind = next((one for one in type(field).__mro__ if one in TYPES), None)
        if kind is None:
            return {}
        told = dict(TYPES[kind])
        if isinstance(field, base.Part):
            return self.ref(type(field.schema))
        if isinstance(field, base.Whole):
            told |= {"minimum": field.low, "maximum": field.high}
            if not field.zero:
                told["not"] = {"const": 0}
        if isinstance(field, base.Choice):
            told["enum"] = list(field.values)
        elif isinstance(field, base.Text):
            told["maxLength"] = field.longest
            if field.filled:
                told["minLength"] = 1
            if field.pattern is not None:
                told["pattern"] = f"^(?:{field.pattern.pattern})$"
            if field.hint:
                told["description"] = field.hint[:1].upper() + field.hint[1:] + "."
        return told

    @staticmethod
    def _or_null(field: Any, ret: Any = None, **_: Any) -> dict[str, Any]:
        """What else a list or an enumeration must say."""
        told: dict[str, Any] = {}
        if isinstance(field, base.ListOf):
            told["maxItems"] = field.most
            if field.unique:
                told["uniqueItems"] = True
        if isinstance(field, base.Choice) and field.allow_none and ret is not None and None not in ret.get("enum", ()):
            told["enum"] = [*field.values, None]
        return told
