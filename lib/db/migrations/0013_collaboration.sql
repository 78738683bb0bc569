alter table uploads
  -- For the version that comes of it.
  add column label text check (char_length(label) between 1 and 100),
  -- Whether that plays as soon as it is ready; not when somebody chose another version while it was under way.
  add column swaps_in boolean not null default true;

alter table track_versions
  add constraint track_versions_label_length check (char_length(label) between 1 and 100),
  add column revision integer not null default 1,
  -- As many newer ones exist as are kept: it goes once it is old enough, unless it plays.
  add column is_surplus boolean not null default false,
  -- When its file was given up; the row stays as history.
  add column removed_at timestamptz;
create index track_versions_surplus on track_versions (created_at) where is_surplus and removed_at is null;

alter table track_collaborators add column credit text check (char_length(credit) between 1 and 200);
create index track_collaborators_invited on track_collaborators (user_id, id desc) where status = 'invited';
create index track_collaborators_accepted on track_collaborators (user_id, id desc) where status = 'accepted';

-- Who gets which part of what a track earns. A sheet is proposed by the owner and in force once all who stand on
-- it have accepted it; until then the one before stays. None is ever changed or deleted.
create table split_sheets (
  id uuid primary key default uuidv7(),
  track_id uuid not null references tracks,
  revision integer not null,
  status text not null default 'proposed'
    check (status in ('proposed', 'in_force', 'replaced', 'withdrawn', 'void')),
  created_at timestamptz not null,
  effective_at timestamptz,
  ended_at timestamptz,
  unique (track_id, revision),
  check ((status in ('in_force', 'replaced')) = (effective_at is not null)),
  check ((status in ('proposed', 'in_force')) = (ended_at is null))
);
create unique index split_sheets_proposed on split_sheets (track_id) where status = 'proposed';
create unique index split_sheets_in_force on split_sheets (track_id) where status = 'in_force';

-- In basis points, the owner's among them. Who loses a share that they hold stands there with 0: they have to agree.
create table split_entries (
  id uuid not null unique default uuidv7(),
  sheet_id uuid not null references split_sheets,
  user_id uuid not null references users,
  split_bps integer not null check (split_bps between 0 and 10000),
  accepted_at timestamptz,
  primary key (sheet_id, user_id)
);
create index split_entries_user on split_entries (user_id, id);

-- Grows with each change of the sheets of a track.
alter table tracks add column splits_revision integer not null default 0;

create function check_split_sheet() returns trigger language plpgsql as $$
begin
  if (select coalesce(sum(split_bps), 0) from split_entries where sheet_id = new.id) <> 10000 then
    raise exception 'The entries of a sheet in force must make up the whole';
  end if;
  return new;
end
$$;
create trigger split_sheets_whole before insert or update on split_sheets
  for each row when (new.status = 'in_force') execute function check_split_sheet();

create function refuse_split_change() returns trigger language plpgsql as $$
begin
  raise exception 'What was agreed on stays as it is';
end
$$;
create trigger split_sheets_ended before update on split_sheets
  for each row when (old.ended_at is not null) execute function refuse_split_change();
create trigger split_sheets_kept before delete on split_sheets
  for each row execute function refuse_split_change();
create trigger split_entries_agreed before update on split_entries
  for each row when (
    old.accepted_at is not null or new.split_bps <> old.split_bps
    or (new.sheet_id, new.user_id) <> (old.sheet_id, old.user_id)
  )
  execute function refuse_split_change();
create trigger split_entries_kept before delete on split_entries
  for each row execute function refuse_split_change();
