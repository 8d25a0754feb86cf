"""The state of a page as a pydantic model, and its one way into a URL and back.

    class Shelf(PageState):
        book: Literal["red", "blue"] = "red"
        page: int = Field(1, ge=1)
        open: bool = False

    Shelf(book="blue", open=True).to_query()             # {"book": "blue", "open": "true"}
    Shelf.from_query({"book": "green", "page": "7"})     # (Shelf(page=7), {"book": the error})

A field is spelled as its JSON value: booleans as "true" and "false" ("1", "0", "yes", "no" are
read, too), members of a tuple with a comma between them, or with the character of `Separator`. A
field of another model (`settings: Settings`) stands in the URL as that model's own fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Self, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from resnet_core.errors import InvalidSetting, setting_error

Errors = dict[str, InvalidSetting]
Value = TypeVar("Value")
Model = TypeVar("Model", bound=BaseModel)

_MOST_PARAMETERS = 100


@dataclass(frozen=True)
class Separator:
    """Metadata of a tuple field whose members are not separated by commas."""

    character: str = ","


class PageState(BaseModel):
    """Base of the pages' states. Every field needs a default; see the module's example."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )

    def to_query(self) -> dict[str, str]:
        """Return the URL's parameters: the fields that differ from their defaults.

        Raises:
            InvalidSetting: a state that is still being written has no URL yet.
        """
        return to_query(self)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, Errors]:
        """Return the state in a URL, and by parameter the errors of those that gave way to
        defaults."""
        return from_query(cls, query)

    def changed(self, **values: Any) -> Self:
        """Return a copy with other values, also for fields of a model within this one.

        Raises:
            InvalidSetting: names the first field that cannot be used.
        """
        return changed(self, values)

    def value(self, name: str) -> Any:
        """Return the value of a field, of this model or of one within."""
        part, _ = _leaves(type(self))[name]
        return getattr(getattr(self, part) if part else self, name)

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of the fields, of this model and of those within."""
        return list(_leaves(cls))

    @classmethod
    def field(cls, name: str) -> FieldInfo:
        """Return the description of a field, of this model or of one within."""
        return _leaves(cls)[name][1]


def to_query(model: BaseModel) -> dict[str, str]:
    """Return the fields that differ from their defaults, those of models within it alongside."""
    texts: dict[str, str] = {}
    dumped = model.model_dump(mode="json")
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if _part(info):
            texts |= to_query(value)
        elif value != info.get_default(call_default_factory=True):
            texts[name] = as_text(dumped[name], _separator(info))
    return texts


def from_query(cls: type[Model], query: Mapping[str, str]) -> tuple[Model, Errors]:
    """Return the model with what can be used, and the errors by parameter."""
    rest = dict(list(query.items())[:_MOST_PARAMETERS])
    parts: dict[str, Any] = {}
    errors: Errors = {}
    for name, info in cls.model_fields.items():
        if part := _part(info):
            own = {field: rest.pop(field) for field in part.model_fields if field in rest}
            parts[name], faults = from_query(part, own)
            errors |= faults
    values = {name: _parsed(cls.model_fields.get(name), text) for name, text in rest.items()}
    model, faults = settle(lambda **usable: create(cls, {**parts, **usable}), values)
    return model, errors | faults


def settle(create: Callable[..., Value], values: Mapping[str, Any]) -> tuple[Value, Errors]:
    """Create a value from what can be used, and return the errors by name of the rest.

    Args:
        create: raises InvalidSetting; without arguments it gives the defaults.
    """
    usable, errors = dict(values), Errors()
    while True:
        try:
            return create(**usable), errors
        except InvalidSetting as error:
            errors.setdefault(error.field, error)
            if error.field in usable:
                del usable[error.field]
            elif usable:  # a default that does not go with the rest: take all defaults
                usable = {}
            else:
                raise


def create(cls: type[Model], values: Mapping[str, Any]) -> Model:
    """Create a model from typed values.

    Raises:
        InvalidSetting: names the first field that cannot be used, and a good value.
    """
    try:
        return cls(**values)
    except ValidationError as error:
        examples = {
            name: as_text(info.get_default(call_default_factory=True))
            for name, info in cls.model_fields.items()
        }
        raise setting_error(error, cls, examples) from error


def changed(model: Model, values: Mapping[str, Any]) -> Model:
    """Return a copy with other values, checked again; see `PageState.changed`."""
    own = {name: getattr(model, name) for name in type(model).model_fields}
    rest = dict(values)
    for name, info in type(model).model_fields.items():
        if part := _part(info):
            inner = {field: rest.pop(field) for field in part.model_fields if field in rest}
            own[name] = changed(own[name], inner) if inner else own[name]
    return create(type(model), {**own, **rest})


def as_text(value: Any, separator: str = ",") -> str:
    """Return the spelling of a JSON value; the separator within a member stands behind a "\\"."""
    if isinstance(value, list | tuple):
        special = re.compile(rf"[\\{re.escape(separator)}]")
        return separator.join(special.sub(r"\\\g<0>", as_text(member)) for member in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    return "" if value is None else str(value)


def from_text(annotation: Any, text: str, separator: str = ",") -> Any:
    """Return the value that the text spells for a field of this type, for pydantic to check."""
    text = text.strip()
    if get_origin(annotation) in (Union, UnionType):
        if not text:
            return None
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if get_origin(annotation) in (tuple, frozenset):
        return tuple(_members(annotation, text, separator))
    if get_origin(annotation) is Literal:
        options = {as_text(option): option for option in get_args(annotation)}
        return options.get(text, text)
    return text


def _members(annotation: Any, text: str, separator: str) -> list[Any]:
    """Return the members of a tuple; empty ones count where its length is fixed."""
    mark = re.escape(separator)
    texts = [
        re.sub(r"\\(.)", r"\1", part)
        for part in re.findall(rf"(?:^|{mark})((?:\\.|[^\\{mark}])*)", text)
    ]
    kind, *others = get_args(annotation)
    fixed = others and others[-1] is not Ellipsis
    return [from_text(kind, part) for part in texts if part or fixed]


def _parsed(info: FieldInfo | None, text: str) -> Any:
    return text if info is None else from_text(info.annotation, text, _separator(info))


@cache
def _leaves(cls: type[BaseModel]) -> dict[str, tuple[str, FieldInfo]]:
    """Return by name the field of this model that it is within, or "", and its description."""
    leaves: dict[str, tuple[str, FieldInfo]] = {}
    for name, info in cls.model_fields.items():
        if part := _part(info):
            leaves |= {inner: (name, one) for inner, one in part.model_fields.items()}
        else:
            leaves[name] = ("", info)
    return leaves


def _part(info: FieldInfo) -> type[BaseModel] | None:
    """Return the model whose fields stand in the place of this field."""
    kind = info.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _separator(info: FieldInfo) -> str:
    return next((one.character for one in info.metadata if isinstance(one, Separator)), ",")
