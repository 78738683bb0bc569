alter table uploads
  add column mode text not null default 'single' check (mode in ('single', 'multipart')),
  -- The bucket's name for the parts that are not yet an object; gone once they are one, or are thrown away.
  add column multipart_id text,
  add column part_size integer check (part_size > 0),
  -- Whether each part comes with its SHA-256.
  add column verifies_parts boolean not null default false,
  -- When the parts were found to be all there; nothing is added to them from then on.
  add column completed_at timestamptz,
  add column allows_duplicate boolean not null default false,
  -- The uploader's own word that the rights are theirs, where the track's is that of somebody else.
  add column rights_confirmed_at timestamptz,
  add column rights_confirmed_ip inet,
  -- When a sweep looks again for what the bucket did not tell of.
  add column looks_at timestamptz not null default now(),
  add check ((mode = 'multipart') = (part_size is not null));

create index uploads_to_look_at on uploads (looks_at) where status = 'uploading';
create index uploads_to_abort on uploads (updated_at)
  where multipart_id is not null and status in ('rejected', 'failed');
create index uploads_of_uploader on uploads (created_by, created_at) include (status, size_bytes, expires_at);
create index track_versions_sha256 on track_versions (sha256) where removed_at is null;

-- What the system itself reports of a thing, once; null where a user does.
alter table reports add column evidence text;
create unique index reports_evidence on reports (case_id, evidence) where evidence is not null;
