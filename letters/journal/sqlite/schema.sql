-- 1 --
-- One row per run of a sender. It is active while it has neither ended nor been found killed.
create table runs (
    run         text primary key,
    relay       text not null,
    commits     integer not null default 0,  -- how many it made; the lock file says the same
    started_at  text not null,
    ended_at    text,
    died        integer not null default 0  -- 1: found killed, with all its commits in the journal
);

create table channels (
    channel     text primary key,
    sealed_on   text not null,  -- the day of its first batch
    used_at     text not null
);

-- What letters share (plates, tails), each stored once. A plate's pieces are joined by NUL.
create table blocks (
    block       integer primary key,
    sha256      text not null unique,
    content     blob not null
);

-- One row per letter. `open` is shown as open while its run lives, as in doubt when it does not.
create table letters (
    letter      integer primary key,
    channel     text not null references channels,
    folded      text not null,  -- the address in NFC, casefolded: what a person's typing is held against
    identity    text not null,
    version     text not null,  -- empty on `mail`, the SHA-256 on a rehearsal's channel
    position    integer not null,  -- the row of the list
    address     text not null,
    name        text not null,
    message_id  text not null,
    sha256      text not null,
    inputs      text not null,  -- digest of all that decided the bytes
    kept        text not null default '',  -- digest of later inputs for which the person chose to keep the bytes
    state       text not null default 'waiting' check (  -- with `or`: an `in` of many costs more than all else in a step
           state = 'waiting'    -- sealed, and to be sent
        or state = 'open'       -- waiting -> open: its data is about to leave
        or state = 'sent'       -- open -> sent: the relay took charge
        or state = 'deferred'   -- open -> deferred: the relay said not now; -> waiting when due
        or state = 'rejected'   -- open -> rejected: the relay said no
        or state = 'withdrawn'  -- waiting, deferred -> withdrawn: no longer on the list
    ),
    superseded  integer not null default 0,  -- a rehearsal's letter of which there is a newer version
    attempt     integer references attempts,  -- the last
    anew        integer not null default 0,  -- attempts up to this one no longer count as tries
    due_at      text,
    date        text  -- the Date: line it first left with
);
create unique index letters_by_address on letters (channel, folded, identity, version);
create index letters_in_list_order on letters (channel, position, letter);
create index letters_waiting on letters (channel, position, letter) where state = 'waiting';
create index letters_deferred on letters (channel, due_at) where state = 'deferred';

-- What each letter has for itself: its head and its fillings, joined by NUL.
create table sealed (
    letter      integer primary key references letters,
    sender      text not null,
    subject     text not null,
    own         blob not null,
    plate       integer not null references blocks,
    tail        integer references blocks
);

-- Append-only history. Begun and not ended: the answer never came.
create table attempts (
    attempt     integer primary key,
    letter      integer not null references letters,
    run         text not null references runs,
    begun_at    text,  -- empty: refused before its data
    ended_at    text,
    counted     integer not null default 1,  -- 0: the sender's or the relay's fault, no try of this letter
    outcome     text,
    concern     text,
    code        integer,
    enhanced    text,
    said        text,
    resolved    text,  -- a person's word: 'sent' or 'send again'
    resolved_at text
);
create index attempts_of_a_letter on attempts (letter);

-- Rows of the last whole list that have no address.
create table absent (
    channel     text not null references channels,
    position    integer not null,
    name        text not null,
    primary key (channel, position)
) without rowid;

-- For reading by a person: every attempt, with whom it was for and where it went.
create view history as
select l.channel, l.address, l.name, a.begun_at, a.ended_at, a.outcome, a.code, a.said, a.resolved,
       l.message_id, r.relay, a.run
from attempts a join letters l using (letter) join runs r using (run)
order by a.attempt;

-- 2 --
-- When the letter gave up its bytes: `letters journal prune`.
alter table letters add column pruned_at text;

-- Which channel was used last, whatever the clock said.
alter table channels add column turn integer not null default 0;

-- 3 --
-- Several campaigns may share one journal: a channel belongs to one of them. Its key is not its name.
-- '' stands for the unknown campaign of a journal of an older version.
alter table channels add column campaign text not null default '';
alter table channels add column name text not null default '';
update channels set name = channel;
create unique index channels_of_a_campaign on channels (campaign, name);

drop view history;
create view history as
select c.campaign, c.name as channel, l.address, l.name, a.begun_at, a.ended_at, a.outcome, a.code,
       a.said, a.resolved, l.message_id, r.relay, a.run
from attempts a join letters l using (letter) join runs r using (run) join channels c using (channel)
order by a.attempt;
