"""The next command, as a person can paste it. Leans on nothing."""

import shlex


def command(verb: str, campaign: str | None = None, recipients: str | None = None) -> str:
    """A verb for the same campaign and list: `letters check -c save-the-river`."""
    words = ["letters", verb]
    words += ["-c", campaign] if campaign else []
    words += ["-r", recipients] if recipients else []
    return shlex.join(words)
