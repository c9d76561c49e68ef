"""What a run did not test, because a green word is read as more than it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaos_ext.verdict.facts import Facts


def untested(verdict: Mapping[str, Any], facts: Facts) -> list[str]:
    """Sentences about what this run says nothing about."""
    return [*_claims(verdict), *_scope(verdict, facts), *_proofs(facts), *_data(verdict)]


def _claims(verdict: Mapping[str, Any]) -> Iterator[str]:
    for claim in verdict["claims"]:
        if claim["outcome"] == "void":
            yield f"The claim `{claim['claim']}`: {claim['detail'] or 'it could not be judged'}."


def _scope(verdict: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    yield (
        "Repetition: this is one run. Even a system that fails every second time"
        " holds once in two runs."
    )
    if not verdict["faults"]:
        yield "Any fault: none was in place during this run."
    else:
        names = sorted(
            {f"{fault['fault']} on {fault['target']}" for fault in verdict["faults"]}
        )
        yield f"Any fault but {', '.join(names)}, and these at one moment of the load only."
    if not facts.of("load"):
        yield "Behaviour under load: no load was offered."
    if not facts.of("witness"):
        yield "Outage and data safety: no witness watched."
    elif not facts.witness(stays=False):
        yield "Outage: the witness stayed with one node, and none followed the service."
    if not facts.of("sampler"):
        yield "Memory, CPU and other resources: nobody looked at the servers."


def _proofs(facts: Facts) -> Iterator[str]:
    if facts.settings.get("control_of"):
        return
    proofs = [proof for proof in facts.settings.get("proofs") or () if isinstance(proof, dict)]
    proven = {str(proof.get("breaks")) for proof in proofs}
    claimed = [text.split()[0] for text in facts.claims if text.split()]
    unproven = [metric for metric in dict.fromkeys(claimed) if metric not in proven]
    if unproven:
        yield (
            "Whether these claims can notice a weakness at all, as no proof breaks them: "
            f"{', '.join(unproven)}."
        )
    if proofs:
        names = ", ".join(str(proof.get("name")) for proof in proofs)
        yield f"The proofs of the experiment ({names}): `chaos prove` runs them."


def _data(verdict: Mapping[str, Any]) -> Iterator[str]:
    data = verdict["data"]
    if data and not data["lost"]:
        yield (
            "Data safety as a guarantee: that no acknowledged write was lost is a statement"
            " about this run."
        )
    if data.get("unknown"):
        yield f"The {data['unknown']} unanswered writes: that one is there, or not, is right."
