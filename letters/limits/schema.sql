-- 1 --
-- The ledger of this person's mail accounts: what left, for as long as any limit looks back.

-- One row per account: login and relay host. Its own clock runs by the machine's uptime.
create table if not exists accounts (
    account     integer primary key,
    name        text not null unique,
    shows       integer not null,  -- the account's own clock, microseconds
    boot        text not null,  -- which start of the machine `uptime` counts from
    uptime      integer not null,  -- the machine's uptime when the clock showed that, microseconds
    wall        integer not null  -- the latest that the clock on the wall ever was
);

-- One row per letter that left, or per handful of them, in the order of their instants.
create table if not exists departures (
    entry       integer primary key autoincrement,  -- a number once read must not come again
    account     integer not null references accounts,
    at          integer not null,  -- on the account's own clock, microseconds
    domain      text not null,
    letters     integer not null
);
create index if not exists departures_of_an_account on departures (account, at);
