"""The shape of activities: known keys, right types, and nothing that the host would silently ignore."""

from __future__ import annotations

from collections.abc import Mapping

from chaos_ext.experiment import tolerance, variables
from chaos_ext.experiment.activities import Section, entries, named
from chaos_ext.experiment.strict import Reader
from chaos_ext.experiment.vocabulary import ACTIVITY_KEYS, PROVIDER_KEYS, PROVIDER_NEEDS
from chaos_ext.words import nearest, shown

_KINDS = ("probe", "action")
_REF_KEYS = ("ref", "background")


def problems(experiment: Mapping[str, object], known: variables.Values) -> list[str]:
    """What is wrong with the activities as they are written."""
    found: list[str] = []
    referable = named(experiment)
    groups = experiment.get("secrets")
    names = tuple(groups) if isinstance(groups, Mapping) else ()
    for section, where, item in entries(experiment):
        if isinstance(item, Mapping) and "ref" in item:
            found += _reference(item, section, where, referable)
        else:
            found += _activity(item, section, where, known, names)
    return found


def _reference(
    item: Mapping[str, object],
    section: Section,
    where: str,
    referable: Mapping[str, list[Mapping[str, object]]],
) -> list[str]:
    hypothesis = section == "steady-state-hypothesis"
    known = (*_REF_KEYS, "tolerance") if hypothesis else _REF_KEYS
    found = [
        f"{where}.{key} stands beside a ref, where the host ignores it: write it where"
        f" {shown(item['ref'])} is"
        if key in ACTIVITY_KEYS
        else f"{where}.{key} is not a known key{nearest(key, known)}"
        for key in item
        if key not in known and not key.startswith("x-")
    ]
    reader = Reader(item, where, None, found)
    reader.flag("background", default=False)
    meant = referable.get(str(item["ref"]), [])
    if not meant:
        near = nearest(item["ref"], referable)
        reader.refuse("ref", f"points to {shown(item['ref'])}, which is not there{near}")
    elif len(meant) > 1:
        reader.refuse("ref", f"points to {shown(item['ref'])}, and {len(meant)} have that name")
    if hypothesis:
        found += _tolerance(reader)
    return found


def _activity(
    item: object, section: Section, where: str, known: variables.Values, groups: tuple[str, ...]
) -> list[str]:
    found: list[str] = []
    reader = Reader(item, where, ACTIVITY_KEYS, found)
    if not isinstance(item, Mapping):
        return found
    reader.text("name")
    reader.word("type", _KINDS)
    provider = provider_type(reader)
    if provider:
        _provider(item["provider"], f"{where}.provider", provider, groups, found)
        _refuse_wrong_kind(reader, item.get("type"), item["provider"])
    _pauses(item, where, known, found)
    _refuse_ignored(reader, section)
    if section == "steady-state-hypothesis":
        found += _tolerance(reader)
        if item.get("type") == "action":
            reader.refuse("type", "must be probe: a hypothesis asks, it does not act")
    elif "tolerance" in item:
        reader.refuse(
            "tolerance", "is ignored by the host outside the hypothesis: move the probe there"
        )
    return found


def provider_type(reader: Reader) -> str:
    """The type of an activity's provider; empty, and a problem kept, when it has none."""
    provider = reader.data.get("provider")
    if not isinstance(provider, Mapping):
        reader.refuse("provider", "must be a mapping, as in {type: python, module:, func:}")
        return ""
    inner = Reader(provider, reader.at("provider"), None, reader.problems)
    before = len(reader.problems)
    kind = inner.word("type", tuple(PROVIDER_KEYS))
    return kind if len(reader.problems) == before else ""


def _provider(
    data: Mapping[str, object], where: str, kind: str, groups: tuple[str, ...], found: list[str]
) -> None:
    found += [
        f"{where}.timeout is ignored by the host on a Python activity: remove it"
        for key in data
        if key == "timeout" and kind == "python"
    ]
    keys = (*PROVIDER_KEYS[kind], *(("timeout",) if kind == "python" else ()))
    reader = Reader(data, where, keys, found)
    for key in PROVIDER_NEEDS[kind]:
        reader.text(key)
    if kind == "python":
        reader.mapping("arguments")
    for group in reader.texts("secrets"):
        if group not in groups:
            reader.refuse(
                "secrets", f"asks for {shown(group)}, not a group{nearest(group, groups)}"
            )


def _refuse_wrong_kind(reader: Reader, kind: object, provider: Mapping[str, object]) -> None:
    module = str(provider.get("module", ""))
    ours = module.startswith("chaos_ext.")
    for wanted in _KINDS:
        if ours and module.endswith(f".{wanted}s") and kind in _KINDS and kind != wanted:
            reader.refuse("type", f"must be {wanted}: {module} holds {wanted}s")


def _pauses(
    item: Mapping[str, object], where: str, known: variables.Values, found: list[str]
) -> None:
    if item.get("pauses") is None:
        return
    reader = Reader(item["pauses"], f"{where}.pauses", ("before", "after"), found)
    for key, written in reader.data.items():
        if key in ("before", "after") and written is not None:
            replaced = variables.replaced(written, known)
            if replaced is not variables.LATER:
                inner = Reader({key: replaced}, reader.where, (str(key),), found)
                inner.number(str(key), 0.0)


def _tolerance(reader: Reader) -> list[str]:
    if "tolerance" not in reader.data:
        return [
            f"{reader.at('tolerance')} is missing: the hypothesis has nothing to compare with"
        ]
    return tolerance.problems(reader.data["tolerance"], reader.at("tolerance"))


def _refuse_ignored(reader: Reader, section: Section) -> None:
    reader.flag("background", default=False)
    if reader.data.get("background") is True and section == "steady-state-hypothesis":
        reader.refuse("background", "is ignored by the host in a hypothesis: remove it")
    if "timeout" in reader.data:
        reader.refuse(
            "timeout", "is ignored by the host: use the function's own argument, as `for_s`"
        )
    if "dry" in reader.data:
        reader.refuse("dry", "is ignored by the host, and cancels --dry: remove it")
