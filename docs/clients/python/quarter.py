"""A whole quarter, lived by two people against a running `dev`, whose clock can be moved."""

import os
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

import httpx
from peer_coaching import AuthenticatedClient
from peer_coaching import models as m
from peer_coaching.api.actions import add_action, add_progress
from peer_coaching.api.check_ins import get_check_in, hold_check_in, plan_check_in, plan_series, update_check_in
from peer_coaching.api.coaches import list_coaches
from peer_coaching.api.cycles import get_cycle
from peer_coaching.api.insights import give_insight
from peer_coaching.api.members import get_me
from peer_coaching.api.next_step import get_next_step
from peer_coaching.api.notes import get_notes, put_note
from peer_coaching.api.pairings import accept_pairing, complete_pairing, request_pairing
from peer_coaching.api.participations import put_participation
from peer_coaching.api.reflections import get_pairing_reflection, get_reflection, put_reflection, put_reflection_share
from peer_coaching.types import Response

URL = os.environ.get("API_URL", "http://127.0.0.1:8080")
coachee = AuthenticatedClient(base_url=URL, token=os.environ["COACHEE_TOKEN"])
coach = AuthenticatedClient(base_url=URL, token=os.environ["COACH_TOKEN"])

T = TypeVar("T")


class Refused(Exception):
    """A refusal (RFC 9457). Branch on `problem.code`, show `problem.detail`."""

    def __init__(self, problem: m.Problem) -> None:
        super().__init__(f"{problem.status} {problem.code}: {problem.detail}")
        self.problem = problem


def told(answer: Response[T | m.Problem]) -> T:
    """What was answered; a refusal is raised."""
    if isinstance(answer.parsed, m.Problem):
        raise Refused(answer.parsed)
    assert answer.parsed is not None
    return answer.parsed


def refusal(answer: Response[T | m.Problem]) -> m.Problem:
    """Why it was refused, as it must be."""
    assert isinstance(answer.parsed, m.Problem), "this should have been refused"
    return answer.parsed


def etag(answer: Response[T]) -> str:
    """The version of what was answered: send it back as `If-Match` to change what you have read."""
    return answer.headers["ETag"]


steps = 0


def step(what: str) -> None:
    global steps
    steps += 1
    print(f"{steps:2} {what}")


def days(number: int) -> datetime:
    answer = httpx.post(f"{URL}/dev/clock", json={"advance": f"P{number}D"}).raise_for_status()
    return datetime.fromisoformat(answer.json()["now"])


def until_after(cycle: m.Cycle, now: datetime) -> datetime:
    return days((cycle.ends_at - now).days + 2)


before = told(get_cycle.sync_detailed("current", client=coachee))
now = until_after(before, days(1))
cycle = told(get_cycle.sync_detailed("current", client=coachee))
assert cycle.id != before.id
step(f"a new quarter: {cycle.name}")

opted_in = m.GiveAnswer(answer=m.Answer.OPTED_IN, topics=["Kubernetes"])
told(put_participation.sync_detailed("current", client=coachee, body=opted_in))
questions = told(get_reflection.sync_detailed("current", client=coachee)).questions
answers: list[str | None] = ["I can explain outages without blaming anybody.", *[None for _ in questions[1:]]]
written = m.WriteReflection(answers=answers, complete=True)
assert told(put_reflection.sync_detailed("current", client=coachee, body=written)).completed_at is not None
step("opted in, and reflected")

me = told(get_me.sync_detailed(client=coach))
suggested = told(list_coaches.sync_detailed("current", client=coachee, limit=100))
assert any(one.member.id == me.id and one.eligible for one in suggested.data)
step(f"suggested among {suggested.considered}")

wanted = m.RequestPairing(coach_id=me.id, message="Would you be my coach this quarter?")
key = str(uuid4())
pairing = told(request_pairing.sync_detailed(client=coachee, body=wanted, idempotency_key=key))
again = request_pairing.sync_detailed(client=coachee, body=wanted, idempotency_key=key)
assert (told(again).id, again.headers["Idempotent-Replayed"]) == (pairing.id, "true")
step("asked, and sent again: one request")

assert told(get_next_step.sync_detailed(client=coach)).step is not None
assert told(accept_pairing.sync_detailed(pairing.id, client=coach)).state == m.PairingState.ACTIVE
told(put_reflection_share.sync_detailed(pairing.id, client=coachee))
shared = told(get_pairing_reflection.sync_detailed(pairing.id, client=coach))
assert shared.questions[0].answer == answers[0]
step("accepted; the reflection is shared")

kickoff = m.PlanCheckIn(kind=m.CheckInKind.KICKOFF, starts_at=now + timedelta(hours=24))
call: UUID = told(plan_check_in.sync_detailed(pairing.id, client=coachee, body=kickoff)).id
read = get_check_in.sync_detailed(call, client=coach)


def move(hours: int) -> Response[m.CheckIn | m.Problem]:
    patch = m.CheckInPatch(starts_at=now + timedelta(hours=hours))
    return update_check_in.sync_detailed(call, client=coach, body=patch, if_match=etag(read))


told(move(26))
try:
    told(move(28))
    raise AssertionError("the version is an old one")
except Refused as refused:
    match refused.problem.code:
        case "stale":
            assert refused.problem.status == 412  # somebody was quicker: read again, and decide anew
        case _:
            raise
step("a first call, moved; a stale version is refused")

now = days(2)
if told(get_check_in.sync_detailed(call, client=coachee)).state == m.CheckInState.SCHEDULED:
    told(hold_check_in.sync_detailed(call, client=coachee))
for kind, text in [
    (m.ActionKind.START, "Review one design a week"),
    (m.ActionKind.STOP, "Answering at night"),
    (m.ActionKind.CONTINUE, "Pairing"),
]:
    action = told(add_action.sync_detailed(pairing.id, client=coachee, body=m.AddAction(kind=kind, text=text)))
    told(add_progress.sync_detailed(action.id, client=coachee, body=m.AddProgress(text="Begun.")))
note = m.WriteNote(text="Speaks faster when it matters.", shared=True)
told(put_note.sync_detailed(call, client=coach, body=note))
assert "Speaks faster" in str(told(get_notes.sync_detailed(call, client=coachee)).to_dict())
insight = m.GiveInsight(kind=m.InsightKind.LEVERAGE, text="Explains well.")
told(give_insight.sync_detailed(pairing.id, client=coach, body=insight))
step("held; start, stop, continue; a shared note; an insight")

weekly = m.PlanSeries(starts_at=now + timedelta(days=7))
series = told(plan_series.sync_detailed(pairing.id, client=coachee, body=weekly))
now = days(9)
assert told(complete_pairing.sync_detailed(pairing.id, client=coachee)).state == m.PairingState.COMPLETED
step(f"{len(series.check_ins)} weekly calls; met and met again: completed")

until_after(cycle, now)
told(put_participation.sync_detailed("current", client=coachee, body=opted_in))
told(put_reflection.sync_detailed("current", client=coachee, body=m.WriteReflection(complete=True)))
same = request_pairing.sync_detailed(client=coachee, body=m.RequestPairing(coach_id=me.id))
assert refusal(same).code == "coached_you_last_time"
someone = next(one for one in told(list_coaches.sync_detailed("current", client=coachee)).data if one.eligible)
told(request_pairing.sync_detailed(client=coachee, body=m.RequestPairing(coach_id=someone.member.id)))
step("the next quarter: someone else")
