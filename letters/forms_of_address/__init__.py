"""Forms of address: how a letter to an office-holder opens, addresses the reader, and ends.

reader.py    `form_of_address`: the forms for one person, chosen from the data
data.py      the data file, read and checked
courtesy.py  courtesy titles, which say no office: Mr, Dr., Mme
ca.toml      the data for Canada, in English and French: offices, provinces, sources
"""
