"""Looking at letters before they leave: never sends, and needs no network.

`reading` reads sealed bytes back, `overview` says who, what and what is wrong; `pages`, `terminal`
and `export` show both. Leans on `proof` and below; `inert` makes outside text harmless.
"""
