"""A campaign: a folder with `campaign.toml` and the templates of one open letter.

campaign.py   `Campaign`, and how its folder is found and read
settings.py   `campaign.toml`: its tables, and what is refused in them
scaffold.py   writing a new campaign folder
"""
