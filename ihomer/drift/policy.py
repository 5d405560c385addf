"""What is done about an alarm: policies by name, and the contract for one of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ihomer.drift.alarm import Alarm


class Hands(Protocol):
    """What a policy can do to a model."""

    def renew(self) -> bool:
        """Let a young mixture begin beside the old one; False if there is one, or the last ended too lately."""

    def reopen(self, labels: npt.NDArray[np.int32] | None) -> None:
        """Let all labels (None), or these, learn as fast as at the start; nothing learned is forgotten."""

    def recluster(self, cluster: int) -> None:
        """Let the hierarchy forget faster what it knows of how labels hold together, and look at a cluster anew."""

    def labels_of(self, alarm: Alarm) -> npt.NDArray[np.int32]:
        """Return the labels, int32, that an alarm concerns: all, a cluster's, or one."""


class Policy(Protocol):
    """Answers alarms; one object for one model, without state of its own."""

    def answer(self, alarm: Alarm, hands: Hands) -> str:
        """Do what is to be done about an alarm, and say in a few words what was done; the event log keeps it."""


class Renew:
    """The default, made of what measured best (`python -m benchmarks.drift`).

    An alarm for the whole model brings a young mixture in beside the old one (`ihomer.learners.generations`); where that
    is not possible yet, and for a cluster or a label, step sizes are opened again there; an alarm for the structure of a
    cluster lets the hierarchy look at it anew.
    """

    def answer(self, alarm: Alarm, hands: Hands) -> str:
        """Do as the class says."""
        if alarm.kind == "structure":
            hands.recluster(alarm.index)
            return "the hierarchy looks at the cluster anew"
        if alarm.kind == "model" and hands.renew():
            return "a young mixture begins beside the old one"
        return reopened(alarm, hands)


class Reopen:
    """Step sizes are opened again where an alarm was raised; nothing begins anew."""

    def answer(self, alarm: Alarm, hands: Hands) -> str:
        """Do as the class says."""
        if alarm.kind == "structure":
            hands.recluster(alarm.index)
            return "the hierarchy looks at the cluster anew"
        return reopened(alarm, hands)


class Watch:
    """Nothing is done: alarms are only written down."""

    def answer(self, alarm: Alarm, hands: Hands) -> str:  # noqa: ARG002
        """Do nothing."""
        return "nothing"


def reopened(alarm: Alarm, hands: Hands) -> str:
    """Open the step sizes of the labels that an alarm concerns."""
    hands.reopen(None if alarm.kind == "model" else hands.labels_of(alarm))
    return "step sizes are opened again"


#: Policies by the names that the parameter `policy` of IHOMER takes.
POLICIES: dict[str, type[Policy]] = {"renew": Renew, "reopen": Reopen, "watch": Watch}


def make_policy(policy: str | Policy) -> Policy:
    """Return the policy that a name stands for, or the user's own.

    Raises
    ------
    ValueError
        If it is neither a known name nor has a method `answer`.

    Examples
    --------
    >>> make_policy("renew").__class__.__name__
    'Renew'
    >>> make_policy("pray")
    Traceback (most recent call last):
    ValueError: policy must be 'renew', 'reopen', 'watch' or an object with a method answer, found 'pray'
    """
    if isinstance(policy, str) and policy in POLICIES:
        return POLICIES[policy]()
    if not isinstance(policy, str) and callable(getattr(policy, "answer", None)):
        return policy
    *names, last = map(repr, POLICIES)
    raise ValueError(f"policy must be {', '.join(names)}, {last} or an object with a method answer, found {policy!r}")
