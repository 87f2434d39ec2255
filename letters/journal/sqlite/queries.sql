-- start --
-- A run becomes the one sender.
insert into runs (run, relay, started_at) values (:run, :relay, :at);

-- finish --
-- A run ends: what it left open is in doubt from now on.
update runs set ended_at = :at where run = :run;

-- mark run killed --
-- A run was killed, and the journal has all its commits: later openings need not check again.
update runs set died = 1 where run = :run;

-- last run --
select run, ended_at is null and not died from runs order by rowid desc limit 1;

-- commits of --
select commits from runs where run = :run;

-- is used --
select exists (select 1 from runs) or exists (select 1 from letters);

-- is new --
select not exists (select 1 from channels c
                   where c.campaign in (:campaign, '')
                     and exists (select 1 from letters l
                                 where l.channel = c.channel and l.attempt is not null));

-- channels --
select name from channels where campaign in (:campaign, '') order by turn desc, used_at desc, rowid desc;

-- channel key --
select channel from channels where campaign in (:campaign, '') and name = :name
order by campaign desc limit 1;

-- other campaigns --
select distinct campaign from channels where campaign not in (:campaign, '') order by campaign;

-- letters without campaign --
select count(*) from letters join channels using (channel) where campaign = '';

-- take over channels --
-- A journal of an older version names no campaign: its channels are those of the first one that stages.
update channels set campaign = :campaign where campaign = '';

-- sealed on --
select sealed_on from channels where channel = :channel;

-- use channel --
-- A batch is staged on a channel that is known.
update channels set used_at = :at, turn = (select max(turn) + 1 from channels)
where channel = :key;

-- new channel --
-- The first batch of a channel sets its day.
insert into channels (channel, campaign, name, sealed_on, used_at, turn)
values ((select coalesce(max(rowid), 0) + 1 from channels), :campaign, :name, :day, :at,
        (select coalesce(max(turn), 0) + 1 from channels));

-- block of --
select block from blocks where sha256 = :sha256;

-- keep block --
-- What letters share is stored once.
insert into blocks (sha256, content) values (:sha256, :content);

-- block --
select content from blocks where block = :block;

-- next letter --
select coalesce(max(letter), 0) + 1 from letters;

-- has letters --
select exists (select 1 from letters where channel = :channel);

-- find --
select l.letter, case when l.state = 'open' and (a.outcome is not null or a.run is not ?1)
                      then 'in_doubt' else l.state end,
       l.inputs, l.kept, l.sha256, l.position, l.name, l.superseded, l.pruned_at is not null
from letters l left join attempts a using (attempt)
where l.channel = ?2 and l.folded = ?3 and l.identity = ?4 and l.version = ?5;

-- known by another identity --
-- The letters of an address that the batch has not had, where none has this identity; unsent ones last.
select l.identity, l.name from letters l
where l.channel = ?1 and l.folded = ?2
  and not exists (select 1 from letters k
                  where k.channel = ?1 and k.folded = ?2 and k.identity = ?3)
  and not exists (select 1 from letters h
                  where h.channel = ?1 and h.folded = ?2 and h.identity = l.identity
                    and (h.letter >= ?4 or h.letter in (select letter from temp.listed)))
order by l.state in ('waiting', 'deferred', 'withdrawn'), l.position, l.letter;

-- rename --
-- The address has gained or lost another row: its letter is known by another identity.
update letters set identity = ?4 where channel = ?1 and folded = ?2 and identity = ?3;

-- add to batch --
-- A letter known before is in the batch that is being staged; new ones have higher numbers.
insert or ignore into temp.listed (letter) values (:letter);

-- is in batch --
select exists (select 1 from letters
               where channel = ?1 and folded = ?2 and identity = ?3
                 and (letter >= ?4 or letter in (select letter from temp.listed)));

-- was in doubt --
select exists (select 1 from attempts
               where letter = :letter and begun_at is not null and ended_at is null);

-- new letter --
-- A letter is sealed for the first time: it waits.
insert into letters (letter, channel, folded, identity, version, position, address, name,
                     message_id, sha256, inputs)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (channel, folded, identity, version) do nothing;

-- undo new letters --
-- One of several letters staged at once is known: they are staged one by one.
delete from letters where letter >= :first;

-- seal --
-- What the letter has for itself, and which blocks it shares.
insert into sealed (letter, sender, subject, own, plate, tail) values (?, ?, ?, ?, ?, ?);

-- update row --
-- The row has moved in the list, or its name is written otherwise.
update letters set position = :position, name = :name where letter = :letter;

-- update inputs --
-- Other inputs gave the same bytes: the letter has not changed.
update letters set inputs = :inputs, kept = '' where letter = :letter;

-- keep bytes --
-- The person keeps the sealed bytes although these inputs would give others.
update letters set kept = :inputs where letter = :letter;

-- reseal --
-- An unsent letter gets new bytes and a new Message-ID; its date will be that of its next try.
update letters set inputs = :inputs, kept = '', sha256 = :sha256, message_id = :message_id,
                   address = :address, date = null
where letter = :letter;

-- replace sealed --
-- The bytes of a letter that is resealed.
update sealed set sender = ?, subject = ?, own = ?, plate = ?, tail = ? where letter = ?;

-- seal again --
-- A letter whose bytes were pruned is on the list again: it gets the bytes of this batch.
update letters set inputs = :inputs, kept = '', message_id = :message_id, address = :address,
                   date = case sha256 when :sha256 then date end, sha256 = :sha256, pruned_at = null
where letter = :letter;

-- revive withdrawn --
-- withdrawn -> waiting: the row has returned to the list.
update letters set state = 'waiting' where letter = :letter and state = 'withdrawn';

-- unsupersede --
-- A rehearsal's letter is again the newest version of itself.
update letters set superseded = 0 where letter = :letter;

-- supersede --
-- waiting, deferred -> withdrawn: a rehearsal's letter has a newer version, and is history. A doubt stays.
update letters set superseded = 1, due_at = null,
                   state = case when state in ('waiting', 'deferred') then 'withdrawn' else state end
where channel = ?1 and folded = ?2 and identity = ?3 and version <> ?4 and state <> 'open';

-- not on the list --
select name, address from letters
where channel = :channel and state in ('waiting', 'deferred')
  and letter < :first and letter not in (select letter from temp.listed)
order by position, letter limit :limit;

-- withdraw --
-- waiting, deferred -> withdrawn: the recipient is no longer on the list.
update letters set state = 'withdrawn', due_at = null
where channel = :channel and state in ('waiting', 'deferred')
  and letter < :first and letter not in (select letter from temp.listed);

-- delete absent --
-- A whole list replaces the rows without address of the last one.
delete from absent where channel = :channel;

-- absent --
-- A row without an address is not mailable.
insert or replace into absent (channel, position, name) values (:channel, :position, :name);

-- make due waiting --
-- deferred -> waiting: its time has come.
update letters set state = 'waiting', due_at = null
where channel = :channel and state = 'deferred' and due_at <= :now;

-- is something due --
select exists (select 1 from letters
               where channel = :channel and state = 'deferred' and due_at <= :now);

-- next due --
-- Of the chosen letters alone with :chosen.
select min(due_at) from letters
where channel = :channel and state = 'deferred'
  and (not :chosen or identity in (select identity from temp.chosen));

-- waiting --
-- The next letters, with how often and since when they were tried; with :chosen, of the chosen ones.
select l.letter,
       case when l.attempt is null then 0 else
           (select count(*) from attempts t
            where t.letter = l.letter and t.counted and t.ended_at is not null and t.attempt > l.anew) end,
       case when l.attempt is not null then
           (select min(coalesce(t.begun_at, t.ended_at)) from attempts t
            where t.letter = l.letter and t.counted and t.ended_at is not null and t.attempt > l.anew) end,
       l.date, s.sender, l.address, s.own, s.plate, s.tail,
       l.identity, l.name, s.subject, l.message_id, l.sha256
from letters l join sealed s using (letter)
where l.channel = :channel and l.state = 'waiting'
  and (not :chosen or l.identity in (select identity from temp.chosen))
order by l.position, l.letter limit :count;

-- next attempt --
select coalesce(max(attempt), 0) + 1 from attempts;

-- tally --
-- With :first, of the letters alone that were staged last: new ones from it on, and those known before.
select case when l.state <> 'open' then l.state
            when a.outcome is null and a.run is :living then 'open'
            else 'in_doubt' end as standing,
       count(*)
from letters l left join attempts a on l.state = 'open' and a.attempt = l.attempt
where l.channel = :channel and not l.superseded
  and (:first is null or l.letter >= :first or l.letter in (select letter from temp.listed))
group by standing
union all
select 'not_mailable', count(*) from absent where channel = :channel and :first is null;

-- standings --
-- Every letter after (:position, :number), in list order, with the rows that are not mailable between.
select * from (
    select l.position, l.letter as number, l.address,
           (select count(*) from letters t
            where t.channel = l.channel and t.folded = l.folded and not t.superseded
              and (+t.position, t.letter) <= (l.position, l.letter)) as ordinal,  -- +: by the address
           l.name,
           case when l.state <> 'open' then l.state
                when a.outcome is null and a.run is :living then 'open'
                else 'in_doubt' end as state,
           (select count(*) from attempts t where t.letter = l.letter and t.counted) as attempts,
           l.message_id, l.sha256, r.relay,
           a.resolved, a.code, a.enhanced, a.said,
           case when l.state = 'sent' then coalesce(a.ended_at, a.begun_at) end as sent_at,
           l.due_at,
           case when l.state = 'open' then a.begun_at end as begun_at
    from letters l left join attempts a using (attempt) left join runs r using (run)
    where l.channel = :channel and not l.superseded
      and (l.position, l.letter) > (:position, :number)
    order by l.position, l.letter limit :count)
union all
select * from (
    select position, 9223372036854775807 as number, null, 0, name, 'not_mailable',
           0, null, null, null, null, null, null, null, null, null, null
    from absent
    where channel = :channel and (position, 9223372036854775807) > (:position, :number)
    order by position limit :count)
order by position, number limit :count;

-- of an address --
select position, letter from letters
where channel = :channel and folded = :folded and not superseded
order by +position, letter;  -- +: by the address, not in list order

-- resolve attempt --
-- A person's decision about an attempt without an answer; the attempt stays unended.
update attempts set resolved = :word, resolved_at = :at
where attempt = (select attempt from letters where letter = :letter);

-- resolve --
-- in doubt -> sent, or -> waiting with the same bytes and Message-ID.
update letters set state = :state where letter = :letter and state = 'open';

-- retry --
-- rejected -> waiting: a person lets it be tried anew.
update letters set state = 'waiting', anew = attempt where letter = :letter and state = 'rejected';

-- attempts of --
select a.run, r.relay, a.begun_at, a.ended_at, a.outcome, a.concern, a.code, a.enhanced, a.said,
       a.counted, a.resolved, a.resolved_at
from attempts a join runs r using (run) where a.letter = :letter order by a.attempt;

-- letter --
select date, pruned_at from letters where letter = :letter;

-- sealed between --
-- The letters of one page of standings, with their bytes.
select l.letter, l.date, s.sender, l.address, s.own, s.plate, s.tail,
       l.identity, l.name, s.subject, l.message_id, l.sha256
from letters l join sealed s using (letter)
where l.channel = ?1 and not l.superseded
  and (l.position, l.letter) > (?2, ?3) and (l.position, l.letter) <= (?4, ?5);

-- sealed after --
-- Letters of every channel by their numbers; without a sender: bytes that should be there are not.
select l.letter, l.date, s.sender, l.address, s.own, s.plate, s.tail,
       l.identity, l.name, s.subject, l.message_id, l.sha256
from letters l left join sealed s using (letter)
where l.letter > ? and l.pruned_at is null
order by l.letter limit ?;

-- all blocks --
select block, sha256, content from blocks;

-- prunable --
select count(*) from letters l
where l.channel = :channel and l.pruned_at is null
  and (l.state = 'sent'
       or l.state in ('rejected', 'withdrawn')
          and not exists (select 1 from attempts a where a.letter = l.letter
                          and a.begun_at is not null and a.ended_at is null));

-- prune --
-- Letters that are sent, rejected or withdrawn lose their bytes, unless one was in doubt and may be sent again.
update letters as l set pruned_at = :at
where l.channel = :channel and l.pruned_at is null
  and (l.state = 'sent'
       or l.state in ('rejected', 'withdrawn')
          and not exists (select 1 from attempts a where a.letter = l.letter
                          and a.begun_at is not null and a.ended_at is null));

-- delete pruned bytes --
-- What only the pruned letters had.
delete from sealed where letter in (select letter from letters
                                    where channel = :channel and pruned_at = :at);

-- delete unused blocks --
-- What no letter has any more.
delete from blocks where block not in (select plate from sealed)
  and block not in (select tail from sealed where tail is not null);

-- inconsistent --
-- Letters whose state and attempts contradict each other.
select name, address, state, why from (
    select l.name, l.address, l.state, case
        when l.attempt is not (select max(t.attempt) from attempts t where t.letter = l.letter)
            then 'its last attempt is another'
        when l.state = 'open' and (a.begun_at is null or a.ended_at is not null)
            then 'no attempt is open'
        when l.state = 'sent' and a.outcome is not 'sent' and a.resolved is not 'sent'
            then 'no attempt ended so'
        when l.state in ('rejected', 'deferred') and a.outcome is not l.state
            then 'no attempt ended so'
        when l.state in ('waiting', 'withdrawn', 'open') and (a.outcome = 'sent' or a.resolved = 'sent')
            then 'its last attempt ended as sent'
        when l.state = 'sent' and l.date is null
            then 'the date it left with is missing'
        when (l.state = 'deferred') <> (l.due_at is not null)
            then 'when it is due does not fit'
        when exists (select 1 from attempts t where t.letter = l.letter and t.begun_at is not null
                     and t.ended_at is null and t.resolved is null
                     and (l.state <> 'open' or t.attempt <> l.attempt))
            then 'an attempt is in doubt'
        end as why
    from letters l left join attempts a using (attempt))
where why is not null;
