"""The recipients file: a table of people, read row by row.

recipient.py     `Recipient`, the person that one row describes
csv.py           `RecipientsFile`: a CSV file, its separator, its recipients and their problems
text_file.py     the encoding of a file, and its text
encodings.py     old encodings, and words that windows-1252 can hardly have meant
header.py        the row of column names
row.py           one row's cells as a recipient, or as problems
names.py         a person's names, and when the last name is uncertain
cells.py         the text of one cell, and damage that file formats do to it
spreadsheets.py  what a spreadsheet writes in place of a value
"""
