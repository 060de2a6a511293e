"""Why a decision was not taken. The messages are for the person: what stands in the way, and what can be done."""


class Refused(ValueError):
    """The deed was not done. The message says why and what can be done; nothing was changed."""


class AlreadyDecided(Refused):
    """Somebody else was quicker, or the case went on."""


class Held(Refused):
    """Somebody else has the case open."""


class ConflictOfInterest(Refused):
    """The person has an interest in the customer, so that the case is not for them. The attempt is in the audit log."""


class CapReached(Refused):
    """The person has as many cases as they are to have."""
