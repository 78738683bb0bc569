alter table listens
  -- Whether any report of it came from somebody who wants to be nobody: then it is nobody's.
  add column is_anonymous boolean not null default false,
  -- When the last report of it reached us. Nobody has heard for longer than passed from its issue until then.
  add column last_received_at timestamptz not null default now();
create index listens_of_user on listens (user_id) where user_id is not null;
create index analytics_events_of_user on analytics_events (user_id) where user_id is not null;

-- How many plays came from a network in an hour, or from a user in a day; what is over the limit does not count.
create table play_rates (
  -- `network:` and a hash under the salt of the day, or `user:` and the id or its hash.
  subject text not null,
  since timestamptz not null,
  play_count integer not null,
  primary key (subject, since)
);
create index play_rates_since on play_rates (since);

update plays p set owner_id = t.owner_id from tracks t where t.id = p.track_id and p.owner_id is null;

create function heard_ms(heard int4multirange) returns integer
language sql immutable parallel safe
return (select coalesce(sum(upper(part) - lower(part)), 0)::integer from unnest(heard) as part);
