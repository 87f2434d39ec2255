"""Ways of handing a message over to a relay.

interface   the Protocols `Transport` and `Connection`
open        the transport that a relay's URL names
url         relay URLs: smtp, smtps, smtp+plain, maildir
smtp/       over SMTP: connect, protocol (bytes), commands (lines), connection (one session)
maildir     into a folder, for rehearsals
memory      into a list, with a function that decides each verdict
"""
