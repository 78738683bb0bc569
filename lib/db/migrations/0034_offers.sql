-- What a buyer would pay for a tier, and what the seller answers. Once accepted the price stands until `payable_until`.
create table offers (
  id uuid primary key default uuidv7(),
  product_id uuid not null references products,
  tier_id uuid not null references product_tiers,
  buyer_id uuid not null references users,
  seller_id uuid not null references users,
  amount bigint not null check (amount between 1 and 99999999),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  message text not null default '' check (char_length(message) <= 500),
  status text not null default 'open' check (status in (
    'open', 'countered', 'accepted', 'declined', 'withdrawn', 'expired', 'ordered'
  )),
  -- What the seller would take instead.
  counter_amount bigint check (counter_amount between 1 and 99999999),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  payable_until timestamptz,
  order_id uuid references orders,
  revision integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (buyer_id <> seller_id),
  check (status <> 'countered' or counter_amount is not null),
  check ((accepted_at is null) = (payable_until is null)),
  check (status not in ('accepted', 'ordered') or accepted_at is not null),
  check ((status = 'ordered') = (order_id is not null))
);
create unique index offers_live on offers (buyer_id, tier_id) where status in ('open', 'countered', 'accepted');
create index offers_buyer on offers (buyer_id, id desc);
create index offers_seller on offers (seller_id, id desc);
create index offers_order on offers (order_id) where order_id is not null;
create index offers_waiting on offers (expires_at) where status in ('open', 'countered');
create index offers_payable on offers (payable_until) where status = 'accepted';

-- By which the item had its price.
alter table order_items add column offer_id uuid references offers;
create index order_items_offer on order_items (offer_id) where offer_id is not null;

alter table notifications add column offer_id uuid;
