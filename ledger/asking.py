"""How often somebody who has left is asked whether they want to come back: once a day, and after a few times once a month.

Whoever signs a stranger up again and again would otherwise have them asked at the pace of the limits, an hour apart, for ever.
Separate because it is kept on the person's row and not among the limits: those may be forgotten, and are off for load tests;
this is a promise to somebody who has said that they want no mail. It must never show: what is not asked is answered alike.
"""

from datetime import timedelta

PAUSE = timedelta(days=1)
"""Between two questions: somebody who wants to come back and has lost the mail gets another the next day."""

PATIENCE = 3
"""So many questions without an answer are an answer."""

LONG_PAUSE = timedelta(days=30)
"""Between two questions from then on: they may change their mind, and who they are nobody but themselves can say."""

GONE = "(known.left_at IS NOT NULL OR known.unwanted <> '{}')"
"""SQL: nothing goes to the person `known` but what they ask for by a link of their own."""

_MAY_BE_ASKED = f"""
    coalesce(known.asked_at <= now() - CASE WHEN known.unanswered < {PATIENCE}
                                            THEN make_interval(secs => {PAUSE.total_seconds():.0f})
                                            ELSE make_interval(secs => {LONG_PAUSE.total_seconds():.0f}) END, true)
"""

ASKS_NOW = (
    f"({GONE} AND {_MAY_BE_ASKED} AND EXISTS (SELECT FROM wanted WHERE wanted.address = known.address AND asking))"
)
"""SQL: the sign-ups `wanted` have the person `known` asked back, now. Looked at for those who are gone alone."""

ANSWERED = "asked_at = NULL, unanswered = 0"
"""SQL: what is set where they say, by a link of their own, what they want."""
