-- Sets of virus definitions, in the order in which they were first seen to be the ones in force.
create table virus_definitions (
  version text primary key,
  built_at timestamptz not null,
  current_since timestamptz not null,
  -- When everything recent had been scanned with it.
  swept_at timestamptz
);
create index virus_definitions_current on virus_definitions (current_since desc);

alter table track_versions
  -- The virus definitions by which it was last found clean, and when.
  add column definitions_version text,
  add column scanned_at timestamptz,
  -- When it was last put in the queue to be scanned again.
  add column rescan_asked_at timestamptz,
  -- Something was found in it after it had been published: it plays no more and cannot be chosen.
  add column withdrawn_at timestamptz,
  add column found_signature text,
  -- Whether it played then: it does again should the finding turn out to be wrong.
  add column was_current boolean not null default false,
  -- Since when its original can be read by nobody but the scanner.
  add column sealed_at timestamptz,
  -- The moderator who takes the finding for wrong; a clean scan is what decides. The trail tells more.
  add column reinstate_asked_by uuid;

create index track_versions_stored on track_versions (stored_at) where removed_at is null;
create index track_versions_withdrawn on track_versions (id) where withdrawn_at is not null;
create index track_versions_asked on track_versions (rescan_asked_at) where rescan_asked_at is not null;
-- Those whose objects are not yet what the row says, and those whose case is open.
create index track_versions_unsettled on track_versions (id)
  where removed_at is null
    and (reinstate_asked_by is not null or (withdrawn_at is not null) <> (sealed_at is not null));
