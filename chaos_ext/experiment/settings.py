"""What belongs to us in an experiment (`extensions`, the entry named chaos_ext), as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos_ext.errors import BadExperiment
from chaos_ext.experiment import claims, hints
from chaos_ext.experiment.resources import Resources, read_resources
from chaos_ext.experiment.strict import Reader, told, type_name
from chaos_ext.experiment.vocabulary import EXTENSION
from chaos_ext.words import joined, nearest, shown

_WHERE = f"extensions.{EXTENSION}"
_KEYS = (
    *("name", "environment", "covers", "watch", "load", "baseline_s"),
    *("recovers_within_s", "claims", "proofs", "systems", "weaken", "control_of", "resources"),
)
Weakened = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Watch:
    """A system the witness asks at a fixed pace.

    One that *stays_with* a target, such as redis-primary, asks the node that this is when the
    run begins, and nobody else: a client that is told of no change.
    """

    system: str
    pace_ms: float = 20.0
    deadline_ms: float = 500.0
    stays_with: str = ""

    @property
    def name(self) -> str:
        """`redis`, or `redis@redis-primary`."""
        return watch_name(self.system, self.stays_with)


def watch_name(system: str, stays_with: str) -> str:
    """What a witness is called wherever it is told of."""
    return f"{system}@{stays_with}" if stays_with else system


@dataclass(frozen=True, slots=True)
class Load:
    """Arrivals at a fixed rate, each with a deadline."""

    system: str
    rate_per_s: float
    deadline_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Proof:
    """A weakened protection, and the claim that must notice: by its metric, or its whole text."""

    name: str
    weaken: Weakened
    breaks: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything of ours that an experiment says."""

    environment: str = "native"
    covers: tuple[str, ...] = ()
    watch: tuple[Watch, ...] = ()
    load: Load | None = None
    baseline_s: float = 5.0
    recovers_within_s: float = 15.0
    claims: tuple[claims.Claim, ...] = ()
    proofs: tuple[Proof, ...] = ()
    systems: Weakened = field(default_factory=dict)  # how the experiment wants our labs to be
    weaken: Weakened = field(default_factory=dict)
    control_of: str = ""
    resources: Resources = field(default_factory=Resources)


def read(experiment: Mapping[str, object]) -> Settings:
    """The settings of *experiment*; BadExperiment with all that is wrong, in one line."""
    settings, problems = examine(experiment)
    if problems:
        raise BadExperiment(joined(problems))
    return settings


def examine(experiment: Mapping[str, object]) -> tuple[Settings, list[str]]:
    """The settings as far as they can be read, and every problem found."""
    problems: list[str] = []
    entry = _entry(experiment, problems)
    if entry is None:
        return Settings(), problems
    reader = Reader(entry, _WHERE, _KEYS, problems)
    settings = Settings(
        environment=reader.text("environment", "native"),
        covers=reader.texts("covers"),
        watch=_watch(reader),
        load=_load(reader),
        baseline_s=reader.number("baseline_s", 5.0),
        recovers_within_s=reader.number("recovers_within_s", 15.0),
        claims=_claims(reader),
        proofs=_proofs(reader),
        systems=weakened(reader.mapping("systems"), reader.at("systems"), problems),
        weaken=weakened(reader.mapping("weaken"), reader.at("weaken"), problems),
        control_of=reader.text("control_of", ""),
        resources=read_resources(reader),
    )
    _refuse_what_does_not_fit(settings, reader)
    return settings, problems


def _entry(experiment: Mapping[str, object], problems: list[str]) -> object:
    extensions = experiment.get("extensions")
    if extensions is not None and not isinstance(extensions, list):
        problems.append(f"extensions must be a list, not {type_name(extensions)}")
        return None
    named: list[Mapping[object, object]] = []
    for index, each in enumerate(extensions or []):
        if not isinstance(each, Mapping) or not isinstance(each.get("name"), str):
            problems.append(f"extensions[{index}] must be a mapping with a name")
        else:
            named.append(each)
    ours = [each for each in named if each["name"] == EXTENSION]
    if len(ours) > 1:
        problems.append(f"extensions has {len(ours)} entries named {EXTENSION}: keep one")
    elif not ours and not problems:
        names = [str(each["name"]) for each in named]
        near = nearest(EXTENSION, names) if names else ""
        problems.append(f"extensions has no entry `name: {EXTENSION}`{near}: add it")
    return ours[0] if ours else None


def _watch(reader: Reader) -> tuple[Watch, ...]:
    watched = []
    for index, item in enumerate(reader.items("watch")):
        where = reader.at(f"watch[{index}]")
        if isinstance(item, str) and item.strip():
            watched.append(Watch(item))
        elif isinstance(item, Mapping):
            watched.append(_one_watch(item, where, reader.problems))
        else:
            reader.problems.append(
                f"{where} must be a system or {{system:, stays_with:, pace_ms:, deadline_ms:}},"
                f" not {told(item)}"
            )
    for stays in (False, True):
        systems = [each.system for each in watched if bool(each.stays_with) is stays]
        for system in sorted({each for each in systems if systems.count(each) > 1}):
            reader.refuse("watch", f"names {system}{' with stays_with' * stays} more than once")
    return tuple(watched)


def _one_watch(item: Mapping[object, object], where: str, problems: list[str]) -> Watch:
    keys = ("system", "stays_with", "pace_ms", "deadline_ms")
    fields = Reader(item, where, keys, problems)
    return Watch(
        system=fields.text("system"),
        pace_ms=fields.number("pace_ms", 20.0, at_least=1, at_most=60_000),
        deadline_ms=fields.number("deadline_ms", 500.0, at_least=1, at_most=600_000),
        stays_with=fields.text("stays_with") if "stays_with" in fields.data else "",
    )


def _load(reader: Reader) -> Load | None:
    if reader.data.get("load") is None:
        return None
    keys = ("system", "rate_per_s", "deadline_s")
    fields = Reader(reader.data["load"], reader.at("load"), keys, reader.problems)
    if not isinstance(reader.data["load"], Mapping):
        return None
    return Load(
        system=fields.text("system"),
        rate_per_s=fields.number("rate_per_s", above=0, at_most=1_000_000),
        deadline_s=fields.number("deadline_s", 2.0, above=0, at_most=3_600),
    )


def _claims(reader: Reader) -> tuple[claims.Claim, ...]:
    read_claims = []
    for index, text in enumerate(reader.texts("claims")):
        try:
            read_claims.append(claims.parse(text))
        except BadExperiment as error:
            reader.refuse(f"claims[{index}]", f"is wrong: {error}")
    return tuple(read_claims)


def _proofs(reader: Reader) -> tuple[Proof, ...]:
    proofs: list[Proof] = []
    for index, item in enumerate(reader.items("proofs")):
        where = reader.at(f"proofs[{index}]")
        fields = Reader(item, where, ("name", "weaken", "breaks"), reader.problems)
        if not isinstance(item, Mapping):
            continue
        proof = Proof(
            name=fields.text("name"),
            weaken=weakened(fields.mapping("weaken"), fields.at("weaken"), reader.problems),
            breaks=fields.text("breaks"),
        )
        if not proof.weaken:
            fields.refuse("weaken", "must name what is weakened: {system: {key: value}}")
        if proof.name in [each.name for each in proofs]:
            fields.refuse("name", f"repeats {shown(proof.name)}")
        proofs.append(proof)
    return tuple(proofs)


def weakened(data: Mapping[str, object], where: str, problems: list[str]) -> Weakened:
    """`{system: {key: value}}` with plain values; what is not is a problem."""
    result: dict[str, dict[str, object]] = {}
    for system, keys in data.items():
        if not isinstance(keys, Mapping) or not keys:
            problems.append(f"{where}.{system} must be a mapping, as in {{key: value}}")
            continue
        result[system] = {str(key): value for key, value in keys.items()}
        problems += [
            f"{where}.{system}.{key} must be a plain value, not {told(value)}"
            for key, value in keys.items()
            if not isinstance(value, bool | str) and not hints.fits(value, float)
        ]
    return result


def _refuse_what_does_not_fit(settings: Settings, reader: Reader) -> None:
    claimed = [claim.metric for claim in settings.claims]
    for index, proof in enumerate(settings.proofs):
        texts = [claim.text for claim in settings.claims]
        if proof.breaks and proof.breaks not in (*claimed, *texts):
            reader.refuse(
                f"proofs[{index}].breaks",
                f"is {shown(proof.breaks)}, which no claim is about{nearest(proof.breaks, claimed)}",
            )
    measured_by = {
        "watch": any(not each.stays_with for each in settings.watch),
        "stays_with": any(each.stays_with for each in settings.watch),
        "load": settings.load is not None,
        "resources": True,  # wherever there is a server of ours
    }
    for claim in settings.claims:
        source = claims.METRICS[claim.metric].source
        key = "load" if source == "load" else "watch"
        unread = reader.data.get(key) and not getattr(settings, key)  # that is told already
        if not measured_by[source] and not unread:
            reader.refuse("claims", f"{shown(claim.text)} needs {claims.NEEDS[source]}")
