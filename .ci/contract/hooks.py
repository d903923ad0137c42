"""What the document says in words, said to schemathesis: its formats, and what a caller knows who is not a fuzzer."""

import re
import uuid
from datetime import date, datetime

import schemathesis
from hypothesis import strategies as st

# Formats of the document. Each makes what fits; what does not fit is made by leaving them.
_plain = st.characters(exclude_categories=("C", "Zl", "Zp"))
schemathesis.openapi.format("line", st.text(_plain, min_size=1, max_size=60).map(str.strip).filter(bool))
schemathesis.openapi.format("text", st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=200))
schemathesis.openapi.format("time-zone", st.sampled_from(["Europe/Lisbon", "Asia/Kathmandu", "America/St_Johns", "UTC"]))
schemathesis.openapi.format("https-url", st.from_regex(r"\Ahttps://[a-z]{1,20}\.example\.com/[a-z0-9?&=/-]{0,60}\Z", fullmatch=True))
schemathesis.openapi.format("date", st.dates(min_value=date(2000, 1, 1), max_value=date(2199, 12, 31)).map(str))
schemathesis.openapi.format(
    "date-time",
    st.datetimes(
        min_value=datetime(2000, 1, 1), max_value=datetime(2199, 12, 31)
    ).map(lambda at: at.isoformat(timespec="milliseconds") + "Z"),
)


@schemathesis.hook
def map_case(context, case):
    """A caller makes a new key for each request, and has cursors from a list alone."""
    meta = case.meta
    if meta is not None and meta.generation.mode.is_positive:
        if case.headers and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
        for name in ("cursor", "after"):
            if case.query and name in case.query:
                del case.query[name]
        members = case.body.get("members") if isinstance(case.body, dict) else None
        for number, member in enumerate(members if isinstance(members, list) else []):
            if isinstance(member, dict) and isinstance(member.get("external_id"), str):
                member["external_id"] = f"{number} {member['external_id']}"[:255].strip()  # each once in a batch
    return case


ETAGS = re.compile(r'(\*|(W/)?"[!#-+.-~-]*"(, *(W/)?"[!#-+.-~-]*")*)')


@schemathesis.hook
def filter_case(context, case):
    """Leaves out what the program gets wrong, and what there is nothing to refuse about."""
    meta, headers = case.meta, case.headers or {}
    if meta is None:
        return True
    if meta.generation.mode.is_negative:
        # What cannot be read of If-None-Match is as if it was not there (RFC 9110 section 13.1.2).
        return "If-None-Match" not in headers
    # It makes `0`, which does not match the pattern of the document.
    return "If-Match" not in headers or ETAGS.fullmatch(headers["If-Match"]) is not None
