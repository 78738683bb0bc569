-- What is told of by mail as well, or by mail alone.
alter table notifications
  -- The webhook endpoint that it is about.
  add column endpoint_id uuid,
  -- False where its recipient wants to hear of such things by mail alone: then it stands in no list.
  add column is_in_app boolean not null default true,
  -- When what is new goes out with the next digest; null where nothing waits for one.
  add column mail_due_at timestamptz,
  -- The latest happening of it that the recipient was mailed of.
  add column mailed_event_id uuid;
create index notifications_mail_due on notifications (mail_due_at) where mail_due_at is not null;
create index notifications_mail_waiting on notifications (recipient_id) where mail_due_at is not null;

-- Of each user who was ever sent a mail that they may end.
create table mail_readers (
  user_id uuid primary key references users on delete cascade,
  -- The links that end such mails are signed under it. It is never changed, so that a link in an old mail still works.
  mail_key bytea not null check (octet_length(mail_key) = 32),
  last_digest_at timestamptz
);

-- What became of mail to an address, as SES told. An address without trouble has no row.
create table mail_addresses (
  -- As people write it, in lower case: international domains in their own letters, whatever SES makes of them.
  address text primary key,
  -- It takes no mail: nothing is sent there until it is verified anew.
  bounced_at timestamptz,
  -- Its reader called a mail of ours unwanted: none is sent there that is by choice, until it is verified anew.
  complained_at timestamptz,
  -- What was refused for a while; that is counted and has no other effect.
  transient_count integer not null default 0,
  last_transient_at timestamptz,
  -- What the server of the address said last.
  diagnosis text check (char_length(diagnosis) <= 500),
  -- When it was last verified: what SES tells of mails from before does not count any more.
  cleared_at timestamptz,
  updated_at timestamptz not null
);
create index mail_addresses_age on mail_addresses (updated_at);
