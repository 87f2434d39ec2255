"""What providers and gateways really say, and what must happen to the letter and to the run.

Sources. Google: support.google.com/a/answer/3726730 (SMTP errors and codes). Microsoft:
learn.microsoft.com, "NDR error codes in Exchange Online". Amazon: "Sending quota
errors", docs.aws.amazon.com/ses. Twilio SendGrid: "SMTP errors and troubleshooting". Postfix:
smtpd(8), anvil(8), access(5). Exim: the specification's chapter on ACLs. Mimecast: "SMTP error
codes" (DOC-1369). Proofpoint: ipcheck.proofpoint.com and its replies. A gateway like that of
parl.gc.ca: Postfix with postgrey and a block list before a filter.
"""

import pytest

from letters.verdict import Advice, Concern, Outcome, Stage, read_reply

SENT, LATER, NO = Outcome.SENT, Outcome.DEFERRED, Outcome.REJECTED
RECIPIENT, MESSAGE = Concern.RECIPIENT, Concern.MESSAGE
SENDER, RELAY = Concern.SENDER, Concern.RELAY
NONE, SLOW, PARK = Advice

GOOGLE = [
    ("dot", "250 2.0.0 OK  1700000000 d9443c01a7336-1cf5a9b-si1plb.12 - gsmtp", SENT, RECIPIENT, NONE),
    ("banner", "421 4.7.0 Try again later, closing connection. - gsmtp", LATER, RELAY, SLOW),
    ("mail", "421 4.7.0 Temporary System Problem. Try again later. - gsmtp", LATER, RELAY, SLOW),
    ("mail", "421 4.3.0 Temporary System Problem.  Try again later. - gsmtp", LATER, RELAY, NONE),
    ("ehlo", "421 4.4.5 Server busy, try again later. - gsmtp", LATER, RELAY, NONE),
    ("dot", "421 4.7.28 Gmail has detected an unusual rate of mail from your SPF domain. - gsmtp", LATER, RELAY, SLOW),
    ("rcpt", "450 4.2.1 The user you are trying to contact is receiving mail too quickly. - gsmtp", LATER, RECIPIENT, SLOW),
    ("rcpt", "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. - gsmtp", LATER, RECIPIENT, SLOW),
    ("rcpt", "450 4.2.1 Mailbox disabled, not accepting messages", LATER, RECIPIENT, NONE),
    ("rcpt", "450 4.2.1 <a@parl.example>: over its storage", LATER, RECIPIENT, NONE),
    ("rcpt", "450 4.2.1 <a@parl.example>: this recipient's rate limit is exceeded", LATER, SENDER, SLOW),
    ("mail", "450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error. - gsmtp", LATER, SENDER, SLOW),
    ("rcpt", "452 4.2.2 The email account that you tried to reach is over quota. - gsmtp", LATER, RECIPIENT, NONE),
    ("rcpt", "452 4.5.3 Your message has too many recipients. - gsmtp", LATER, RELAY, SLOW),
    ("auth", "454 4.7.0 Too many login attempts, please try again later. - gsmtp", LATER, SENDER, SLOW),
    ("auth", "454 4.7.0 Cannot authenticate due to a temporary system problem. Try again later. - gsmtp", LATER, SENDER, SLOW),
    ("auth", "534 5.7.9 Application-specific password required. - gsmtp", NO, SENDER, NONE),
    ("auth", "535 5.7.8 Username and Password not accepted. - gsmtp", NO, SENDER, NONE),
    ("mail", "530 5.7.0 Authentication Required. - gsmtp", NO, SENDER, NONE),
    ("rcpt", "550 5.1.1 The email account that you tried to reach does not exist. - gsmtp", NO, RECIPIENT, NONE),
    ("rcpt", "550 5.2.1 The email account that you tried to reach is disabled. - gsmtp", NO, RECIPIENT, NONE),
    ("dot", "550 5.4.5 Daily user sending limit exceeded. - gsmtp", LATER, SENDER, PARK),
    ("mail", "550 5.4.5 Daily SMTP relay limit exceeded for customer. - gsmtp", LATER, SENDER, PARK),
    ("dot", "550 5.7.26 This mail has been blocked because the sender is unauthenticated. - gsmtp", NO, SENDER, NONE),
    ("dot", "552 5.3.4 Your message exceeded Google's message size limits. - gsmtp", NO, MESSAGE, NONE),
    ("dot", "550 5.7.1 Our system has detected that this message is likely unsolicited mail. - gsmtp", NO, MESSAGE, NONE),
]  # fmt: skip

MICROSOFT = [
    ("dot", "250 2.0.0 OK <a@example.org> [Hostname=YQBPR01.prod.outlook.com]", SENT, RECIPIENT, NONE),
    ("dot", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded; [Hostname=x.prod.outlook.com]", LATER, RELAY, SLOW),
    ("mail", "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.", LATER, RELAY, SLOW),
    ("dot", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message", NO, SENDER, NONE),
    ("dot", "554 5.2.252 SendAsDenied; letters@example.org not allowed to send as office@example.org", NO, SENDER, NONE),
    ("auth", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.", NO, SENDER, NONE),
    ("auth", "535 5.7.3 Authentication unsuccessful", NO, SENDER, NONE),
    ("auth", "550 5.7.30 Basic authentication is not supported for Client Submission.", NO, SENDER, NONE),
    ("dot", "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", LATER, SENDER, PARK),
    ("dot", "550 5.7.515 Access denied, sending domain example.org does not meet the required authentication level.", NO, SENDER, NONE),
    ("rcpt", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", NO, RECIPIENT, NONE),
    ("rcpt", "550 5.4.1 Recipient address rejected: Access denied. For more information see https://aka.ms/EXOSmtpErrors", NO, RECIPIENT, NONE),
    ("mail", "421 4.4.2 Message submission rate for this client has exceeded the configured limit", LATER, RELAY, SLOW),
    ("rcpt", "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)", LATER, RECIPIENT, NONE),
    ("dot", "452 4.3.1 Insufficient system resources", LATER, RELAY, NONE),
]  # fmt: skip

SERVICES = [  # Amazon SES, Twilio SendGrid
    ("dot", "250 Ok 0100018c5e7a3b21-9f1c2d3e-aaaa-4bbb-8ccc-1234567890ab-000000", SENT, RECIPIENT, NONE),
    ("dot", "454 Throttling failure: Maximum sending rate exceeded.", LATER, RELAY, SLOW),
    ("dot", "454 Throttling failure: Daily message quota exceeded.", LATER, SENDER, PARK),
    ("dot", "554 Message rejected: Email address is not verified. The following identities failed the check: a@example.org", NO, SENDER, NONE),
    ("auth", "535 Authentication Credentials Invalid", NO, SENDER, NONE),
    ("dot", "250 Ok: queued as Zk3tq-RbQd6mVZrX5Q1n2w", SENT, RECIPIENT, NONE),
    ("mail", "403 You are not authorized to send from that email address", NO, SENDER, NONE),
    ("auth", "451 Authentication failed: Maximum credits exceeded", LATER, SENDER, PARK),
    ("rcpt", "452 Too many recipients received this hour (throttled)", LATER, SENDER, PARK),
    ("mail", "550 Unauthenticated senders not allowed", NO, SENDER, NONE),
    ("dot", "552 message size exceeds limit 30MB", NO, MESSAGE, NONE),
]  # fmt: skip

SERVERS = [  # Postfix, Exim (also under cPanel)
    ("dot", "250 2.0.0 Ok: queued as 4bXyZk2vq7z1Hk", SENT, RECIPIENT, NONE),
    ("banner", "421 4.7.0 mx.example.org Error: too many connections from 192.0.2.1", LATER, RELAY, SLOW),
    ("mail", "450 4.7.1 Error: too much mail from 192.0.2.1", LATER, RELAY, SLOW),
    ("rcpt", "450 4.7.1 Error: too many recipients from 192.0.2.1", LATER, RELAY, SLOW),
    ("rcpt", "450 4.1.1 <a@example.org>: Recipient address rejected: unverified address", LATER, RECIPIENT, NONE),
    ("rcpt", "450 4.2.0 <a@example.org>: Recipient address rejected: Greylisted, see http://postgrey.example", LATER, RECIPIENT, NONE),
    ("rcpt", "550 5.1.1 <a@example.org>: Recipient address rejected: User unknown in local recipient table", NO, RECIPIENT, NONE),
    ("rcpt", "553 5.7.1 <b@example.org>: Sender address rejected: not owned by user letters", NO, SENDER, NONE),
    ("rcpt", "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", NO, SENDER, NONE),
    ("rcpt", "450 4.7.1 <laptop.example.org>: Helo command rejected: Host not found", LATER, SENDER, NONE),
    ("rcpt", "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)", NO, SENDER, NONE),
    ("rcpt", "550 5.1.1 <helo@example.org>: Recipient address rejected: User unknown", NO, RECIPIENT, NONE),
    ("mail", "503 5.5.1 Error: send HELO/EHLO first", LATER, RELAY, NONE),
    ("rcpt", "554 5.7.1 <a@example.org>: Relay access denied", NO, SENDER, NONE),
    ("rcpt", "454 4.7.1 <a@example.org>: Relay access denied", LATER, SENDER, NONE),
    ("rcpt", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", NO, SENDER, NONE),
    ("dot", "451 4.3.0 Error: queue file write error", LATER, MESSAGE, NONE),
    ("mail", "452 4.3.1 Insufficient system storage", LATER, RELAY, NONE),
    ("mail", "552 5.3.4 Message size exceeds fixed limit", NO, MESSAGE, NONE),
    ("data", "503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining", LATER, RELAY, NONE),
    ("mail", "421 4.3.2 Service shutting down", LATER, RELAY, NONE),
    ("dot", "250 OK id=1rXyZa-0001ab-2C", SENT, RECIPIENT, NONE),
    ("banner", "421 Too many concurrent SMTP connections; please try again later.", LATER, RELAY, SLOW),
    ("mail", "421 too many messages in this connection", LATER, RELAY, NONE),
    ("rcpt", "550 Domain example.org has exceeded the max emails per hour (150/150 (100%)) allowed. Message discarded.", LATER, SENDER, PARK),
    ("rcpt", "550 relay not permitted", NO, SENDER, NONE),
    ("rcpt", "451 Temporary local problem - please try later", LATER, RECIPIENT, NONE),
    ("dot", "554 5.2.3 too large for this mailbox", NO, MESSAGE, NONE),
]  # fmt: skip

GATEWAYS = [  # Proofpoint, Mimecast, one like that of parl.gc.ca
    ("dot", "250 2.0.0 3abcd1e2f3-1 Message accepted for delivery", SENT, RECIPIENT, NONE),
    ("banner", "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1", NO, RELAY, NONE),
    ("mail", "554 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1", NO, SENDER, NONE),
    ("rcpt", "554 5.7.1 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1", NO, SENDER, NONE),
    ("dot", "554 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1", NO, SENDER, NONE),
    ("rcpt", "550 5.1.1 User Unknown", NO, RECIPIENT, NONE),
    ("dot", "250 SmtpThread-1-1700000000@us-mta-1.us.mimecast.lan Received OK [AbC1xyz.us1]", SENT, RECIPIENT, NONE),
    ("rcpt", "451 Internal resource is temporarily unavailable - https://community.mimecast.com/docs/DOC-1369#451 [AbC1xyz.us1]", LATER, RECIPIENT, NONE),
    ("banner", "421 Unable to process connection at this time", LATER, RELAY, NONE),
    ("rcpt", "550 Administrative prohibition - envelope blocked", NO, RECIPIENT, NONE),
    ("dot", "554 Email rejected due to security policies", NO, MESSAGE, NONE),
    ("rcpt", "450 4.7.1 <a@parl.example>: Recipient address rejected: Greylisted, try again in 300 seconds", LATER, RECIPIENT, NONE),
    ("rcpt", "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", LATER, SENDER, SLOW),
    ("rcpt", "550 5.1.1 <a@parl.example>: Recipient address rejected: User unknown", NO, RECIPIENT, NONE),
    ("rcpt", "552 5.2.2 <a@parl.example>: Mailbox full", LATER, RECIPIENT, NONE),
    ("dot", "550 5.7.1 Message content rejected", NO, MESSAGE, NONE),
    ("mail", "421 4.7.0 throttled, slow down", LATER, RELAY, SLOW),
]  # fmt: skip

REPLAYS = [*GOOGLE, *MICROSOFT, *SERVICES, *SERVERS, *GATEWAYS]


@pytest.mark.parametrize("replay", REPLAYS, ids=[f"{r[0]}: {r[1][:60]}" for r in REPLAYS])
def test_what_providers_say_has_the_right_consequence(replay):
    stage, line, *consequence = replay

    verdict = read_reply(Stage(stage), int(line[:3]), line[4:])

    assert [verdict.outcome, verdict.concern, verdict.advice] == consequence
