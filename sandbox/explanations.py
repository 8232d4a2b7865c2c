"""What each mode does to a caller, in a sentence: for the page, and for whoever reads a test and wonders.

Separate, because it is prose. It must say what http_provider.py and smtp.py do, and change with them.
"""

from sandbox.modes import Mode

HTTP_EFFECTS = {
    Mode.OK: "Answers as the real one does.",
    Mode.DOWN: "A proxy answers 503 for it, at once and in HTML.",
    Mode.REFUSE: "Every connection is reset without an answer.",
    Mode.ERROR: "Every call fails with 500; nothing is done.",
    Mode.FLAKY: "Some calls fail with 500, as many as the error rate says.",
    Mode.SLOW: "The right answer, but late: after the latency, or 2 seconds.",
    Mode.DRIP: "The right answer, one byte a second.",
    Mode.HANG: "Reads the request and never answers.",
    Mode.RATE_LIMITED: "Every call gets 429 and a Retry-After.",
    Mode.UNAUTHORIZED: "Every call gets 403: the credentials are bad.",
    Mode.COMMIT_THEN_DROP: "Does what was asked, then hangs up without an answer.",
}

MAILCHIMP_EFFECTS = {
    **HTTP_EFFECTS,
    Mode.RATE_LIMITED: "Every call gets 429 without a Retry-After, or a 403 or 429 that is no JSON, in turn.",
    Mode.UNAUTHORIZED: "Every call gets 401: the key is bad.",
}

SMTP_EFFECTS = {
    Mode.OK: "Accepts mail as a real server does.",
    Mode.DOWN: "Greets with 421 and hangs up.",
    Mode.REFUSE: "Nobody listens: the connection is refused.",
    Mode.ERROR: "Every recipient gets 451: try again later.",
    Mode.FLAKY: "Some recipients get 451, as many as the error rate says.",
    Mode.SLOW: "Accepts mail, but says so late: after the latency, or 2 seconds.",
    Mode.DRIP: "Replies one byte a second, from MAIL FROM on.",
    Mode.HANG: "Goes silent at MAIL FROM.",
    Mode.RATE_LIMITED: "Every recipient gets 450 4.7.1: too many messages.",
    Mode.UNAUTHORIZED: "AUTH gets 535, and MAIL FROM 530: the credentials are bad.",
    Mode.COMMIT_THEN_DROP: "Accepts the mail, then hangs up without saying so.",
}
