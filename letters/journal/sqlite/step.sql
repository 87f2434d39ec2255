-- step --
-- What connections wait for, in one statement and so one transaction: a row a transition, fit for these
-- triggers. The interpreter takes no part in it, and hands letters over meanwhile.
create temp view if not exists step as
select '' as what, 0 as number, 0 as letter, '' as run, '' as at, '' as date, 0 as counted, '' as outcome,
       '' as concern, 0 as code, '' as enhanced, '' as said, '' as state, '' as due_at;

-- waiting -> open: its data is about to leave; a later try keeps the first Date.
create temp trigger if not exists step_begun instead of insert on step when new.what = 'begun' begin
    insert into attempts (attempt, letter, run, begun_at) values (new.number, new.letter, new.run, new.at);
    update letters set state = 'open', attempt = new.number, date = coalesce(date, new.date)
    where letter = new.letter and state = 'waiting';
    select raise(abort, 'out of order') where changes() = 0;
end;

-- open -> sent, rejected, deferred, or waiting again (released), by the answer to what this run began.
-- No answer (in doubt): the attempt stays unended and its letter open, and only a person ends it.
create temp trigger if not exists step_ended instead of insert on step when new.what = 'ended' begin
    update attempts set ended_at = new.at, counted = new.counted, outcome = new.outcome,
                        concern = new.concern, code = new.code, enhanced = new.enhanced, said = new.said
    where attempt = new.number and ended_at is null and outcome is null;
    select raise(abort, 'out of order') where changes() = 0;
    update letters set state = new.state, due_at = new.due_at
    where letter = new.letter and state = 'open' and attempt = new.number;
    select raise(abort, 'out of order') where changes() = 0;
end;

-- waiting -> sent, rejected, deferred, or waiting as it was (released): refused before its data, by an
-- attempt that never began.
create temp trigger if not exists step_refused instead of insert on step when new.what = 'refused' begin
    insert into attempts (attempt, letter, run, ended_at, counted, outcome, concern, code, enhanced, said)
    values (new.number, new.letter, new.run, new.at, new.counted, new.outcome, new.concern, new.code,
            new.enhanced, new.said);
    update letters set state = new.state, due_at = new.due_at, attempt = new.number
    where letter = new.letter and state = 'waiting';
    select raise(abort, 'out of order') where changes() = 0;
end;

-- The run's commits, by which a journal without its side files is known.
create temp trigger if not exists step_counted instead of insert on step when new.what = 'counted' begin
    update runs set commits = new.number where run = new.run;
end;

-- take step --
insert into temp.step values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
