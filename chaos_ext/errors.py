"""Everything we raise, in one file, so that a message can be looked up by its name.

The host prints an error as "<module>.<Class>: <message>", so class names read as sentences
and a message is one line: what, where, and what to do.

* ChaosExtError
  x Refused                 nothing was started, nothing was changed
    + BadExperiment         the file is wrong
    + BadEnvironment        the environment file is wrong
    + BadArgument           a value makes no sense
    + UnknownTarget         the environment has no such name
    + NotAllowed            a guard says no, or cannot be evaluated
    + NoConductor           a fault was asked for outside a guarded run
    + LabInUse              another run has it
    + PortTaken             somebody listens where our server should
    + BinaryMissing         a server's program is not on this machine
    + TargetGone            it is dead already, or is another process by now
    + CannotStartAgain      it could be killed, but not brought back
    + LedgerUnwritable      an intent cannot be kept, so no harm may be done
    + ReportsUnwritable     evidence cannot be kept, so no run may begin
    + ProxyExists           another proxy has the name
    + ListenFailed          a proxy cannot listen where it should
  x FaultDidNotLand         it was injected, and had no effect
  x HealFailed              something of ours may still be in place
  x LabNotReady             the servers did not become what was asked for
  x GuardianGone            the process that holds the faults has ended
  x TargetUnreachable       a question got no answer
  x SealBroken              evidence was changed after it was sealed
  x RunUnreadable           a run's folder lacks what judging needs
"""


class ChaosExtError(Exception):
    """The root of all our errors."""


class Refused(ChaosExtError):  # noqa: N818 - reads as a sentence after "failed:"
    """Nothing was started, nothing was changed."""


class BadExperiment(Refused):
    """The experiment file is wrong."""


class BadEnvironment(Refused):
    """The environment file is wrong."""


class BadArgument(Refused):
    """A value makes no sense."""


class UnknownTarget(Refused):
    """The environment has no target of that name."""


class NotAllowed(Refused):
    """A guard says no, or cannot be evaluated."""


class NoConductor(Refused):
    """A fault was asked for outside a guarded run."""


class LabInUse(Refused):
    """Another run has the lab."""


class PortTaken(Refused):
    """Somebody listens where our server should."""


class BinaryMissing(Refused):
    """A server's program is not on this machine."""


class TargetGone(Refused):
    """The target is dead already, or is another process by now."""


class CannotStartAgain(Refused):
    """The target could be killed, but not brought back."""


class LedgerUnwritable(Refused):
    """An intent cannot be kept on disk, so no harm may be done."""


class ReportsUnwritable(Refused):
    """Evidence cannot be kept, so no run may begin."""


class ProxyExists(Refused):
    """Another proxy has the name."""


class ListenFailed(Refused):
    """A proxy cannot listen where it should; the text is the one Go would give."""


class FaultDidNotLand(ChaosExtError):  # noqa: N818
    """The fault was injected and had no effect."""


class HealFailed(ChaosExtError):  # noqa: N818
    """Something of ours may still be in place."""


class LabNotReady(ChaosExtError):  # noqa: N818
    """The servers did not become what was asked for."""


class GuardianGone(ChaosExtError):  # noqa: N818
    """The process that holds the faults has ended."""


class TargetUnreachable(ChaosExtError):  # noqa: N818
    """A question got no answer."""


class SealBroken(ChaosExtError):  # noqa: N818
    """Evidence was changed after it was sealed."""


class RunUnreadable(ChaosExtError):  # noqa: N818
    """A run's folder lacks what judging needs."""
