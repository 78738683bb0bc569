-- What the stream server is asked to make of a version. A version names the job whose answers count.
create table stream_jobs (
  id uuid primary key default uuidv7(),
  version_id uuid not null references track_versions on delete cascade,
  status text not null default 'queued'
    check (status in ('queued', 'sending', 'waiting', 'accepted', 'ready', 'failed', 'lapsed')),
  -- Of the last failure: a code of ours, or the stream server's own words.
  reason text check (char_length(reason) <= 1000),
  tries integer not null default 0,
  -- When it is asked for again, unless it has gone on until then.
  next_attempt_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((next_attempt_at is not null) = (status in ('queued', 'sending', 'waiting', 'accepted')))
);
create unique index stream_jobs_live on stream_jobs (version_id) where next_attempt_at is not null;
create index stream_jobs_due on stream_jobs (next_attempt_at) where next_attempt_at is not null;
create index stream_jobs_version on stream_jobs (version_id, id desc);

create table stream_job_events (
  id bigint primary key generated always as identity,
  job_id uuid not null references stream_jobs on delete cascade,
  status text not null,
  try integer not null,
  reason text,
  at timestamptz not null
);
create index stream_job_events_job on stream_job_events (job_id, id);
