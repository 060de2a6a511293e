"""What actions are called where people read them."""

TITLES = {
    "case.admitted": "Came in",
    "case.brought_over": "Brought over, with all that had happened before",
    "case.shadowed": "Run in the shadow",
    "case.intake": "Intake",
    "case.context": "Context",
    "case.action": "Action",
    "case.review": "Review gate",
    "model.asked": "Model asked",
    "case.rerun_asked": "To be asked again, to compare",
    "case.rerun": "Asked again, to compare",
    "case.closed": "Closed",
    "case.gave_up": "The machine gave up",
    "case.effects_unsettled": "An effect could not be settled",
    "review.approve": "Approved",
    "review.edit": "Edited and approved",
    "review.reject": "Rejected",
    "review.escalate": "Escalated",
    "review.undone": "Decision taken back",
    "review.reopened": "Taken up again",
    "review.taken_over": "Taken over",
    "review.given_back": "Given back",
    "review.reassigned": "Given to somebody",
}


def title_of(action: str) -> str:
    return TITLES.get(action, action.replace(".", " ").replace("_", " ").capitalize())
