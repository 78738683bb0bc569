alter table orders
  -- Part of the key that the payment is asked of Stripe with. Grows once Stripe has definitely refused under the last one.
  add column intent_attempt integer not null default 1,
  -- When somebody has to see to what is settled, or free, and not completed yet; null where there is nothing to do.
  add column completion_due_at timestamptz,
  add column completion_tries integer not null default 0;
create index orders_incomplete on orders (completion_due_at) where completion_due_at is not null;
-- For whether a buyer has ordered the same not long ago.
create index orders_buyer_recent on orders (buyer_id, created_at);
-- For whoever looks from a tier for the licences of a buyer.
create index licenses_buyer_tier on licenses (buyer_id, tier_id);

insert into sequences (name) values ('order');

-- What a buyer was told to have already; who sends the token back buys it again, once.
create table order_confirmations (
  token_hash bytea primary key,
  buyer_id uuid not null references users,
  -- Of the tiers that the answer was about.
  items_hash bytea not null,
  expires_at timestamptz not null
);
create index order_confirmations_expired on order_confirmations (expires_at);
