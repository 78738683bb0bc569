-- As before, and a month whose events are in `audit_events_other`, because it was not made in time, takes them
-- over. Attaching checks what is left there, so nobody writes until it is done: a moment, for little is there.
create or replace function create_audit_months(from_month date, months integer) returns integer
language plpgsql security definer
set search_path = public, pg_temp set timezone = 'UTC' set lock_timeout = '3s' as $$
declare
  first date := date_trunc('month', from_month)::date;
  month date;
  next_month date;
  partition text;
  is_late boolean;
  made integer := 0;
begin
  -- Two at once would make the same month.
  perform pg_advisory_xact_lock(7235113);
  for at in 0 .. months - 1 loop
    month := (first + make_interval(months => at))::date;
    next_month := (month + interval '1 month')::date;
    partition := format('audit_events_%s', to_char(month, 'YYYY_MM'));
    continue when to_regclass(partition) is not null;
    is_late := exists (select from audit_events_other other where other.at >= month and other.at < next_month);
    if is_late then
      alter table audit_events detach partition audit_events_other;
    end if;
    execute format(
      'create table %I partition of audit_events for values from (%L) to (%L)', partition, month, next_month
    );
    if is_late then
      with moved as (
        delete from audit_events_other other
        where other.at >= month and other.at < next_month
        returning *
      )
      insert into audit_events select * from moved;
      alter table audit_events attach partition audit_events_other default;
    end if;
    made := made + 1;
  end loop;
  return made;
end
$$;

-- As before, but whoever may call it cannot have it drop what is not a year old, whatever day it names.
create or replace function drop_audit_months(before date) returns integer
language plpgsql security definer
set search_path = public, pg_temp set timezone = 'UTC' set lock_timeout = '3s' as $$
declare
  latest date := least(before, (current_date - interval '1 year')::date);
  partition text;
  dropped integer := 0;
begin
  for partition in
    select relname from pg_class join pg_inherits on inhrelid = pg_class.oid
    where inhparent = 'audit_events'::regclass and relname ~ '^audit_events_\d{4}_\d{2}$'
      and to_date(right(relname, 7), 'YYYY_MM') + interval '1 month' <= latest
  loop
    execute format('drop table %I', partition);
    dropped := dropped + 1;
  end loop;
  return dropped;
end
$$;

-- They run as the owner: granted by name to whoever keeps the months.
revoke execute on function create_audit_months, drop_audit_months from public;

create trigger audit_events_never_emptied before truncate on audit_events
  for each statement execute function refuse_change();

-- The notice whose mail holds the link "this was not me".
alter table email_tokens add column notice_id uuid references security_notices on delete cascade;
create index email_tokens_notice on email_tokens (notice_id) where notice_id is not null;

-- Admins search by how a name begins, which an index in the order of a language cannot serve.
create index users_username_prefix on users (username text_pattern_ops);
create index users_email_prefix on users (email text_pattern_ops);
