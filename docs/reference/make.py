"""Writes the reference from the code, so that it cannot say anything else; `--check` only compares."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measured import MEASURED

import chaos_ext
from chaos_ext import commands, errors
from chaos_ext.environment import model, systems
from chaos_ext.experiment import claims, resources, settings
from chaos_ext.verdict import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

HERE = Path(__file__).parent
MADE = "<!-- made by docs/reference/make.py; change the code, then: make docs -->"
READ_FROM_ELSEWHERE = ("source",)  # where the file was found, which no file says of itself


def main() -> int:
    """Write the pages, or tell which are not what the code says."""
    pages = {
        "activities.md": _activities(),
        "commands.md": _commands(),
        "errors.md": _errors(),
        "claims.md": _claims(),
        "settings.md": _settings(),
    }
    stale = [name for name, text in pages.items() if _read(HERE / name) != text]
    if "--check" in sys.argv[1:]:
        for name in stale:
            sys.stderr.write(f"docs/reference/{name} is not what the code says: make docs\n")
        return 1 if stale else 0
    for name in stale:
        (HERE / name).write_text(pages[name], encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}: written\n")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _page(title: str, *blocks: str) -> str:
    return "\n\n".join([MADE, f"# {title}", *(block.strip() for block in blocks)]) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _activities() -> str:
    names = [each.name for each in pkgutil.walk_packages(chaos_ext.__path__, "chaos_ext.")]
    note = ("What an experiment may name. `module` and `func` of a provider are what stands before "
            "and after the last dot.")  # fmt: skip
    blocks = [note]
    for name in names:
        kind = name.rpartition(".")[2]
        if kind in ("actions", "probes") and name.count(".") == 2:  # noqa: PLR2004
            module = importlib.import_module(name)
            blocks.append(f"## {name}\n\n{inspect.getdoc(module)}")
            blocks += [_activity(name, each, getattr(module, each)) for each in module.__all__]
    return _page("Activities", *blocks)


def _activity(module: str, name: str, function: Any) -> str:
    rows = [
        (f"`{each.name}`", each.annotation.__name__, _default(each))
        for each in inspect.signature(function).parameters.values()
    ]
    returned = inspect.signature(function).return_annotation.__name__
    table = _table(("argument", "type", "default"), rows) if rows else "No arguments."
    return (
        f"### {module}.{name}\n\n{inspect.getdoc(function)}\n\n{table}\n\nReturns: {returned}."
    )


def _default(parameter: inspect.Parameter) -> str:
    return "required" if parameter.default is parameter.empty else f"`{parameter.default!r}`"


def _commands() -> str:
    note = ("Every word takes `--help`. `chaos --no-version-check WORD` keeps the host from asking "
            "the internet for a newer version of itself.")  # fmt: skip
    blocks = [note]
    # listed first: importing a word's file puts the file in the place of the word
    for word in [
        name for name, each in vars(commands).items() if isinstance(each, commands.OnUse)
    ]:
        command = importlib.import_module(f"chaos_ext.commands.{word}").command
        blocks.append(_command(word, command))
        inner = getattr(command, "commands", {})
        blocks += [_command(f"{word} {name}", each) for name, each in inner.items()]
    return _page("Commands", *blocks)


def _command(called: str, command: click.Command) -> str:
    told = inspect.cleandoc(command.help or "")
    text, _, example = told.partition("Example: ")
    rows = [] if called == "run" else [_option(each) for each in command.params]
    if called == "run":
        text = text.strip() + "\n\nIts options are the host's own: `chaos run --help`."
    table = f"{_table(('argument or option', 'what'), rows)}\n\n" if rows else ""
    return f"## chaos {called}\n\n{text.strip()}\n\n{table}```\n{example.strip()}\n```"


def _option(parameter: click.Parameter) -> tuple[str, str]:
    if parameter.param_type_name == "argument":
        kind = "required" if parameter.required else "may be left away"
        return f"`{(parameter.name or '').upper()}`", kind
    return f"`{', '.join(parameter.opts)}`", getattr(parameter, "help", "") or ""


def _errors() -> str:
    tree = inspect.getdoc(errors) or ""
    rows = [
        (f"`{name}`", f"`{each.__mro__[1].__name__}`", inspect.getdoc(each) or "")
        for name, each in vars(errors).items()
        if inspect.isclass(each)
    ]
    note = ("The terminal and the journal show an error as its class and one line: what, where, and "
            "what to do.")  # fmt: skip
    drawn = f"```\n{tree[tree.index('* ') :]}\n```"
    return _page("Errors", note, drawn, _table(("error", "is a", "means"), rows))


def _claims() -> str:
    rows = [
        (f"`{name}`", metric.unit or "-", _needs(metric.source), _measured(name))
        for name, metric in claims.METRICS.items()
    ]
    verdicts = [
        (f"**{word}**", words.MEANINGS[word], str(words.EXIT_CODES[word]))
        for word in reversed(words.ORDER)
    ]
    operators = ", ".join(f"`{each}`" for each in claims.OPERATORS)
    return _page(
        "Claims and verdicts",
        "A claim is a sentence `metric operator number`, as in `outage_s <= 8`. "
        f"Operators: {operators}.",
        _table(("metric", "unit", "needs", "what is measured"), rows),
        "Where time is sampled, a metric has a lower and an upper bound: `<` and `<=` are tested "
        "against the upper, `>` and `>=` against the lower. Bounds that straddle the limit are void.",
        "## Verdicts",
        "The first of these that applies is the word of the run; `chaos run` itself exits with 0 "
        "for held and rehearsed and with 1 for all others.",
        _table(("word", "means", "exit code of `chaos verdict`"), verdicts),
    )


def _needs(source: str) -> str:
    words = {"stays_with": "watch, with `stays_with`", "resources": "a server on this machine"}
    return words.get(source, source)


def _measured(name: str) -> str:
    if name in MEASURED:
        return MEASURED[name]
    for phase in claims.PHASES:
        base = name.removesuffix(f"_{phase}")
        if base != name:
            return f"{MEASURED[base]}; {'after healing' if phase == 'recovered' else phase}"
    raise LookupError(f"{name}: say in measured.py what it measures")


def _settings() -> str:
    parts = (
        settings.Settings,
        settings.Watch,
        settings.Load,
        settings.Proof,
        resources.Resources,
    )
    blocks = [f"## {title}\n\n{_fields(each)}" for each, title in zip(
        parts, ("The entry `chaos_ext` of `extensions`", "One of `watch`", "`load`", "One of `proofs`", "`resources`"),
        strict=True)]  # fmt: skip
    blocks += [f"## An environment\n\n{_fields(model.Environment)}",
               f"## One of `targets` of an environment\n\n{_fields(model.Target)}"]  # fmt: skip
    blocks += [
        f"## `systems.{name}` of a native environment\n\n"
        + _table(("key", "default"), ((f"`{k}`", f"`{v}`") for k, v in keys.items()))
        for name, keys in systems.defaults().items()
    ]
    limits = [
        (kind, str(each.faults_at_once), f"{each.for_s_max:g}")
        for kind, each in model.DEFAULT_LIMITS.items()
    ]
    blocks.append("## `limits` of an environment, by its kind\n\n"
                  + _table(("kind", "`faults_at_once`", "`for_s_max`"), limits)
                  + f"\n\n{_fields(model.Limits)}")  # fmt: skip
    return _page("Settings", *blocks)


def _fields(kind: Any) -> str:
    given = {f.name: f for f in kind.__dataclass_fields__.values()}
    kept = [(name, field) for name, field in given.items() if name not in READ_FROM_ELSEWHERE]
    rows = [(f"`{name}`", _type(field.type), _usual(field)) for name, field in kept]
    if kind is settings.Settings:
        rows.insert(0, ("`name`", "str", "must be `chaos_ext`"))
    return f"{inspect.getdoc(kind)}\n\n{_table(('key', 'type', 'default'), rows)}"


def _type(annotation: str) -> str:
    for ours, plain in (("tuple[str, ...]", "list of str"), ("tuple[Watch, ...]", "list"),
                        ("tuple[claims.Claim, ...]", "list of claims"), ("Weakened", "mapping"),
                        ("tuple[Proof, ...]", "list"), ("Load | None", "mapping"),
                        ("tuple[str, ...] | None", "list of str"), ("Limits", "mapping"),
                        ("Resources", "mapping"),
                        ("Systems", "mapping"), ("Mapping[str, object]", "mapping"),
                        ("Mapping[str, Target]", "mapping"), ("Kind", "native, remote")):  # fmt: skip
        annotation = plain if annotation == ours else annotation
    return annotation


def _usual(field: Any) -> str:
    missing = type(field.default).__name__ == "_MISSING_TYPE"
    if missing and type(field.default_factory).__name__ == "_MISSING_TYPE":
        return "required"
    value = field.default_factory() if missing else field.default
    if value in (None, (), {}, ""):
        return "none"
    if isinstance(value, model.Limits | resources.Resources):
        return "by its kind, below" if isinstance(value, model.Limits) else "as below"
    return f"`{value}`"


if __name__ == "__main__":
    sys.exit(main())
