"""SMTP (RFC 5321), pipelined where offered (RFC 2920).

connect      TCP, TLS, EHLO, AUTH, by aiosmtplib
protocol     commands out, replies in, time limits
commands     MAIL, RCPT and DATA lines, dot-stuffing
connection   one session: which reply is expected when, and what it means for the letter
pipelining   whether an envelope may follow a dot, as this relay has shown
transport    what all connections to a relay share
"""
