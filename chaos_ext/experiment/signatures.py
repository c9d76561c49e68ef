"""Whether a call can be made at all: its module, its function, and every argument against the signature."""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Callable, Mapping

from chaoslib import substitute

from chaos_ext.experiment import hints, variables
from chaos_ext.experiment.strict import DAY_S, told, type_name
from chaos_ext.values import is_number
from chaos_ext.words import nearest, shown

if typing.TYPE_CHECKING:
    import types

    from chaos_ext.experiment.activities import Call

_INJECTED = ("configuration", "secrets")  # the host fills these in by name
Function = Callable[..., object]


def problems(call: Call, known: variables.Values, groups: Mapping[str, object]) -> list[str]:
    """Why this Python call cannot work; *groups* are the `secrets` its provider asks for."""
    function, why = find(call.module, call.func)
    if function is None:
        return [f"{call.where}.provider.{why}"]
    where = f"{call.where}.provider.arguments"
    parameters = inspect.signature(function).parameters
    found = _names(parameters, call, where, given_secrets="secrets" in groups)
    asked = _hints(function)
    for name, written in call.arguments.items():
        value = variables.replaced(written, known)
        if name not in parameters or name in _INJECTED or value is variables.LATER:
            continue
        place = f"{where}.{name}"
        if name == "for_s" and call.module.startswith("chaos_ext."):
            found += _for_s(value, written, place)
        else:
            found += _value(value, written, place, asked.get(name, typing.Any))
    return found


def complete(call: Call, known: variables.Values) -> dict[str, object]:
    """The arguments of *call* as the function will see them: variables replaced, defaults filled in."""
    arguments = dict(substitute(dict(call.arguments), dict(known), {}) or {})
    function, _ = find(call.module, call.func)
    for name, parameter in inspect.signature(function).parameters.items() if function else ():
        if parameter.default is not parameter.empty:
            arguments.setdefault(name, parameter.default)
    return arguments


def find(module_name: str, name: str) -> tuple[Function | None, str]:
    """The function, or why there is none."""
    module, why = load(module_name)
    if module is None:
        return None, f"module {why}"
    function = getattr(module, name, None)
    public = getattr(module, "__all__", None)
    ours = module_name.startswith("chaos_ext.")
    callable_here = inspect.isfunction(function) or inspect.isbuiltin(function)
    if not callable_here or (ours and name not in (public or ())):
        known = public or [
            each for each, _ in inspect.getmembers(module, inspect.isfunction) if each[0] != "_"
        ]
        return None, f"func: {module_name} has no function {shown(name)}{nearest(name, known)}"
    if inspect.iscoroutinefunction(function):
        return None, f"func: {name} is a coroutine, which the host would never await"
    return typing.cast("Function", function), ""


def load(name: str) -> tuple[types.ModuleType | None, str]:
    """The module, or why it cannot be imported; an import may fail in any way."""
    try:
        return importlib.import_module(name), ""
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            return None, f"{shown(name)} does not exist{_nearest_module(error.name)}"
        return None, f"{shown(name)} needs {error.name}, which is not installed"
    except Exception as error:  # noqa: BLE001 - somebody else's code runs here
        why = " ".join(str(error).split())
        return None, f"{shown(name)} cannot be imported: {type(error).__name__}: {why}"


def _nearest_module(name: str) -> str:
    parent, _, last = name.rpartition(".")
    if not parent.startswith("chaos_ext"):
        return ""
    folder = importlib.import_module(parent)
    names = [path.stem for each in folder.__path__ for path in _modules(each)]
    return nearest(last, sorted(names))


def _modules(folder: str) -> list[typing.Any]:
    from pathlib import Path  # noqa: PLC0415 - only when a name was misspelt

    return [
        path
        for path in Path(folder).iterdir()
        if path.name[0] not in "_."
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    ]


def _names(
    parameters: Mapping[str, inspect.Parameter], call: Call, where: str, *, given_secrets: bool
) -> list[str]:
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    named = [name for name, each in parameters.items() if each.kind not in _UNNAMED]
    askable = [name for name in named if name not in _INJECTED]
    found = [
        f"{where}.{name} is not an argument of {call.func}{nearest(name, askable)}"
        for name in call.arguments
        if name not in askable and not takes_any
    ]
    for name in named:
        required = parameters[name].default is inspect.Parameter.empty
        if required and name in askable and name not in call.arguments:
            found.append(f"{where}.{name} is missing: {call.func} needs it")
        if required and name == "secrets" and not given_secrets:
            found.append(f"{call.where}.provider.secrets is missing: {call.func} needs secrets")
    return found


_UNNAMED = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def _hints(function: Function) -> dict[str, object]:
    try:
        return typing.get_type_hints(function)
    except Exception:  # noqa: BLE001 - a hint that cannot be read is no hint
        return {}


def _value(value: object, written: object, where: str, hint: object) -> list[str]:
    if hints.fits(value, hint):
        return []
    as_written = value is written or value == written
    seen = told(value) if as_written else f"{type_name(value)} (from {shown(written)})"
    return [f"{where} must be {hints.name(hint)}, not {seen}"]


def _for_s(value: object, written: object, where: str) -> list[str]:
    if is_number(value) and 0 < typing.cast("float", value) <= DAY_S:
        return []
    return [f"{where} must be above 0 and at most {DAY_S:g} seconds, not {shown(written)}"]
