create table notifications (
  id uuid primary key default uuidv7(),
  recipient_id uuid not null references users on delete cascade,
  kind text not null,
  actor_id uuid references users on delete cascade,
  track_id uuid,
  playlist_id uuid,
  comment_id uuid,
  read_at timestamptz,
  created_at timestamptz not null default now()
);
create index notifications_recipient on notifications (recipient_id, id desc);
