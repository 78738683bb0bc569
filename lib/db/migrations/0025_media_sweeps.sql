alter table uploads
  -- When a worker last began with the present step, and when its message was sent once more; older than `updated_at`
  -- they tell of an earlier step.
  add column tried_at timestamptz,
  add column redelivered_at timestamptz;
create index uploads_at_work on uploads (updated_at) where status in ('scanning', 'processing');
