"""What an earlier daemon left of requests: which are to be done, which to be published, which lost.

Compares the claims with the requests journal. Nothing is handed in or written here, but for claims
whose answers stood in the outbox already: those are let go.
"""

import logging
from dataclasses import dataclass, field

from actors.inbox.errand import Errand
from actors.inbox.intake import Intake, Repeated
from actors.messages.inbox import InboxCounts
from storage import request_claims
from storage.errors import FileRefused, StorageError
from storage.records.request import Answer, Refusal
from storage.request_files import Identity
from storage.request_index import OpenRequest, Same, is_keyed, stem_of
from storage.requests_journal import RequestsJournal

_log = logging.getLogger(__name__)


@dataclass
class Left:
    """`to_do` in order, those that were accepted and those that were not; `answered` have their
    answer; `repeated` were asked before; `lost` are accepted requests whose files are gone.
    """

    to_do: list[Errand] = field(default_factory=list)
    answered: list[Errand] = field(default_factory=list)
    repeated: list[Repeated] = field(default_factory=list)
    lost: list[Errand] = field(default_factory=list)


def take_up(
    intake: Intake, journal: RequestsJournal, published: frozenset[str], counts: InboxCounts
) -> Left:
    """Everything that is open. `published`: ids whose answers are known to have been published."""
    left, seen = Left(), set()
    for claim in intake.claims():
        errand = intake.taken_before(claim)
        if errand is None:
            continue
        if not errand.identity.explicit and errand.id in published:
            request_claims.release(claim)
            continue
        try:
            verdict = intake.judge(errand)
        except FileRefused as refusal:
            intake.reject_claim(claim, refusal)
            continue
        counts.running += 1
        known = journal.index.open.get(errand.id)
        # While a day of the journal is lost, anything may have been accepted; and what ends
        # something is done also while nothing can be.
        is_lost = bool(journal.problems) or errand.ends
        errand.again = not errand.reads and (known is not None or is_lost)
        if errand.reads:
            left.to_do.append(errand)
        elif known is not None and errand.id not in seen:
            seen.add(errand.id)
            _sort(errand, known, journal, intake, left)
        elif isinstance(verdict, Same):
            left.repeated.append(Repeated(errand, verdict.answer))
        else:
            _run(errand, intake, left)
    for request_id, known in journal.index.open.items():
        if request_id not in seen and not is_keyed(request_id):
            _sort_gone(request_id, known, journal, intake, left)
    return left


def _run(errand: Errand, intake: Intake, left: Left) -> None:
    intake.begin(errand)
    left.to_do.append(errand)


def _sort(
    errand: Errand, known: OpenRequest, journal: RequestsJournal, intake: Intake, left: Left
) -> None:
    """One that was accepted, and whose claim is there."""
    errand.journaled = True
    errand.allotted = known.session_id or errand.allotted
    _run(errand, intake, left)
    if _find_answer(errand, known, journal):
        left.to_do.pop()
        left.answered.append(errand)


def _sort_gone(
    request_id: str, known: OpenRequest, journal: RequestsJournal, intake: Intake, left: Left
) -> None:
    """One that was accepted, and whose claim somebody took away."""
    explicit = known.sha256 is not None
    name = request_id if explicit else stem_of(request_id)
    errand = Errand(
        identity=Identity(id=request_id, answer_name=name, explicit=explicit),
        request={},
        sha256=known.sha256,
        journaled=True,
    )
    intake.begin(errand)
    if _find_answer(errand, known, journal):
        left.answered.append(errand)
    else:
        left.lost.append(errand)


def _find_answer(errand: Errand, known: OpenRequest, journal: RequestsJournal) -> bool:
    """Its answer from the journal, if it has one that can be read."""
    if known.answer is None:
        return False
    try:
        errand.content = journal.answer(known.answer, errand.id)
    except (StorageError, OSError) as error:
        _log.error("the answer to %s cannot be read, so it is asked again: %s", errand.id, error)
        return False
    errand.is_recovered = True
    return True


def outcome_unknown(errand: Errand) -> Answer:
    """For a request that was accepted, and that nobody can read any more."""
    text = (
        "its file was taken away from inbox/.claimed before it was answered; it may or may not have"
        " been done: look before asking again"
    )
    refusal = Refusal(code="outcome-unknown", message=text)
    return Answer(id=errand.id, type="", ok=False, error=refusal)
