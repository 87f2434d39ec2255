-- begin --
begin immediate;

-- account --
select account, shows, boot, uptime, wall from accounts where name = :name;

-- open account --
-- The first sight of an account: its own clock begins as the wall's.
insert into accounts (name, shows, boot, uptime, wall) values (:name, :wall, :boot, :uptime, :wall);

-- keep clock --
-- The account's own clock goes on from here.
update accounts set shows = :shows, boot = :boot, uptime = :uptime, wall = :wall
where account = :account;

-- depart --
insert into departures (account, at, domain, letters) values (:account, :at, :domain, :letters);

-- departures since --
-- What other processes let leave since this one last looked.
select entry, at, domain, letters from departures
where account = :account and entry > :entry order by entry;

-- forget --
-- No limit looks back as far.
delete from departures where account = :account and at <= :before;

-- is empty --
select not exists (select 1 from departures where account = :account);

-- oldest --
select min(at) from departures where account = :account and at > :after;
