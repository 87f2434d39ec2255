"""Encoding for mail, without anything of ours.

headers            a subject, mailboxes, folding, file names (RFC 5322, 2047, 2231)
quoted_printable   text in parts that can be joined (RFC 2045)
"""
