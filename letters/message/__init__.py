"""A letter sealed as RFC 5322 bytes.

message       `Message`, `Envelope`, `Plate`: the sealed bytes, in shared and own parts
sealer        makes messages of letters
attachments   attachments and inline images, encoded once a campaign
"""
