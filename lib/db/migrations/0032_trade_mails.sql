-- Who was told of what in the marketplace, once each, however often it is heard of.
create table trade_notices (
  subject_id uuid not null,
  notice text not null,
  user_id uuid not null references users,
  created_at timestamptz not null,
  primary key (subject_id, notice, user_id)
);
create index trade_notices_user on trade_notices (user_id);

-- What a notice in the application may be about, beside a track and what is said of it.
alter table notifications add column order_id uuid, add column payout_id uuid;

-- For whoever looks after all of them, the newest first.
create index orders_newest on orders (created_at desc, id desc);

-- For the sweep that forgets from where things were ordered and looked up.
create index orders_origin on orders (created_at) where buyer_ip is not null or buyer_user_agent <> '';
create index license_verifications_age on license_verifications (at);
