-- Amounts are integers in the minor unit of their currency, lower-case ISO 4217 throughout.

-- What a user who sells has at Stripe, by its last word, and under what name contracts are made.
create table sellers (
  user_id uuid primary key references users,
  stripe_account_id text unique,
  charges_enabled boolean not null default false,
  payouts_enabled boolean not null default false,
  -- What Stripe still wants to know of them.
  requirements_due text[] not null default '{}',
  legal_name text check (char_length(legal_name) between 1 and 200),
  legal_address text check (char_length(legal_address) between 1 and 500),
  country text check (country ~ '^[A-Z]{2}$'),
  -- In place of the platform's usual part, where something else was agreed on.
  fee_bps integer check (fee_bps between 0 and 10000),
  revision integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Terms and contract of a kind of licence that a seller offers again and again. Tiers copy them.
create table license_templates (
  id uuid primary key default uuidv7(),
  seller_id uuid not null references users,
  name text not null check (char_length(name) between 1 and 100),
  terms jsonb not null,
  contract text not null check (char_length(contract) between 1 and 20000),
  revision integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index license_templates_seller on license_templates (seller_id, id desc);

create table products (
  id uuid primary key default uuidv7(),
  seller_id uuid not null references users,
  kind text not null check (kind in ('track_license', 'sample_pack', 'service')),
  track_id uuid references tracks,
  title text not null check (char_length(title) between 1 and 200),
  description text not null default '' check (char_length(description) <= 5000),
  -- `sold`: an exclusive licence of its track was. `archived`: taken back by the seller, kept for its orders.
  status text not null default 'draft' check (status in ('draft', 'published', 'sold', 'archived')),
  revision integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((kind = 'track_license') = (track_id is not null))
);
create index products_published on products (id desc) where status = 'published';
create index products_seller on products (seller_id, id desc) where status <> 'archived';
create index products_track on products (track_id) where track_id is not null;

-- What is in a sample pack.
create table product_tracks (
  product_id uuid not null references products on delete cascade,
  track_id uuid not null references tracks,
  position integer not null,
  primary key (product_id, track_id)
);
create index product_tracks_track on product_tracks (track_id);

create table product_tiers (
  id uuid primary key default uuidv7(),
  product_id uuid not null references products,
  position integer not null,
  name text not null check (char_length(name) between 1 and 100),
  price_amount bigint not null check (price_amount between 0 and 99999999),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  is_exclusive boolean not null default false,
  -- The limits, as lib/products/terms.ts has them, and the contract with its variables still open.
  license jsonb not null,
  contract text not null check (char_length(contract) between 1 and 20000),
  created_at timestamptz not null,
  -- Orders point to it for ever.
  removed_at timestamptz
);
create index product_tiers_product on product_tiers (product_id, position) where removed_at is null;

create table discounts (
  id uuid primary key default uuidv7(),
  seller_id uuid not null references users,
  -- Compared without case.
  code text not null check (code ~ '^[A-Z0-9_-]{3,40}$'),
  percent_bps integer check (percent_bps between 1 and 10000),
  amount bigint check (amount between 1 and 99999999),
  currency text check (currency ~ '^[a-z]{3}$'),
  -- Null for all that the seller sells.
  product_ids uuid[],
  min_amount bigint not null default 0 check (min_amount >= 0),
  max_uses integer check (max_uses > 0),
  uses integer not null default 0 check (uses >= 0),
  starts_at timestamptz not null,
  ends_at timestamptz,
  disabled_at timestamptz,
  revision integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((percent_bps is null) <> (amount is null)),
  check ((amount is null) = (currency is null)),
  check (max_uses is null or uses <= max_uses),
  check (ends_at > starts_at)
);
create unique index discounts_code on discounts (seller_id, code) where disabled_at is null;
create index discounts_seller on discounts (seller_id, id desc);

-- Numbers without gaps: of orders, and of the invoices of each seller. Taken last in their transaction.
create table sequences (
  name text primary key,
  value bigint not null default 0
);

create table orders (
  id uuid primary key default uuidv7(),
  -- Given when it is paid.
  number bigint unique,
  buyer_id uuid not null references users,
  status text not null default 'requires_payment' check (status in (
    'requires_payment', 'paid', 'completed', 'cancelled', 'expired', 'partially_refunded', 'refunded', 'disputed'
  )),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  subtotal_amount bigint not null check (subtotal_amount >= 0),
  discount_amount bigint not null default 0 check (discount_amount >= 0),
  total_amount bigint not null check (total_amount = subtotal_amount - discount_amount and total_amount >= 0),
  refunded_amount bigint not null default 0 check (refunded_amount between 0 and total_amount),
  discount_code text,
  -- Of the Idempotency-Key that it was made with: the same key never makes a second one.
  key_hash bytea not null,
  payment_intent_id text unique,
  client_secret text,
  charge_id text unique,
  -- Where a dispute goes back to when it is won.
  status_before_dispute text check (status_before_dispute in ('paid', 'completed', 'partially_refunded', 'refunded')),
  buyer_ip inet,
  buyer_user_agent text not null default '',
  expires_at timestamptz not null,
  paid_at timestamptz,
  completed_at timestamptz,
  -- Why it ended as it did, where that was not the buyer's doing: `exclusive_conflict`, `late_payment`.
  end_reason text check (char_length(end_reason) <= 100),
  revision integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (buyer_id, key_hash),
  check ((number is not null) = (paid_at is not null)),
  check (status not in ('paid', 'completed', 'partially_refunded', 'refunded', 'disputed') or paid_at is not null),
  check (status <> 'completed' or completed_at is not null),
  check ((status = 'disputed') <= (status_before_dispute is not null))
);
create index orders_buyer on orders (buyer_id, id desc);
create index orders_open on orders (expires_at) where status = 'requires_payment';
create index orders_paid on orders (paid_at) where status = 'paid';

-- The only ways a status changes. A payment that comes after the end reopens what was cancelled or expired.
create table order_transitions (from_status text, to_status text, primary key (from_status, to_status));
insert into order_transitions values
  ('requires_payment', 'paid'), ('requires_payment', 'cancelled'), ('requires_payment', 'expired'),
  ('cancelled', 'paid'), ('expired', 'paid'),
  ('paid', 'completed'), ('paid', 'refunded'), ('paid', 'disputed'),
  ('completed', 'partially_refunded'), ('completed', 'refunded'), ('completed', 'disputed'),
  ('partially_refunded', 'refunded'), ('partially_refunded', 'disputed'), ('refunded', 'disputed'),
  ('disputed', 'paid'), ('disputed', 'completed'), ('disputed', 'partially_refunded'), ('disputed', 'refunded');

-- How it came to where it is; written by the database, so that none is missed.
create table order_history (
  id bigint primary key generated always as identity,
  order_id uuid not null references orders,
  from_status text,
  to_status text not null,
  at timestamptz not null
);
create index order_history_order on order_history (order_id, id);

create function move_order() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'requires_payment' then
      raise exception 'An order begins unpaid' using errcode = 'check_violation';
    end if;
    insert into order_history (order_id, to_status, at) values (new.id, new.status, new.updated_at);
  elsif new.status <> old.status then
    if not exists (select from order_transitions where from_status = old.status and to_status = new.status) then
      raise exception 'An order does not go from % to %', old.status, new.status using errcode = 'check_violation';
    end if;
    insert into order_history (order_id, from_status, to_status, at)
    values (new.id, old.status, new.status, new.updated_at);
  end if;
  return null;
end
$$;
create trigger orders_move after insert or update on orders for each row execute function move_order();

-- All that was agreed on, as it was then: what a seller changes later changes nothing here.
create table order_items (
  id uuid primary key default uuidv7(),
  order_id uuid not null references orders,
  position integer not null,
  product_id uuid not null references products,
  tier_id uuid not null references product_tiers,
  seller_id uuid not null references users,
  track_id uuid references tracks,
  kind text not null,
  title text not null,
  tier_name text not null,
  is_exclusive boolean not null,
  terms jsonb not null,
  contract text not null,
  price_amount bigint not null check (price_amount >= 0),
  discount_amount bigint not null default 0 check (discount_amount between 0 and price_amount),
  discount_id uuid references discounts,
  -- What the platform keeps of price less discount; the rest is in order_item_shares.
  fee_amount bigint not null check (fee_amount >= 0),
  fee_refunded_amount bigint not null default 0 check (fee_refunded_amount between 0 and fee_amount),
  refunded_amount bigint not null default 0 check (refunded_amount between 0 and price_amount - discount_amount),
  unique (order_id, position),
  unique (order_id, tier_id)
);
create index order_items_seller on order_items (seller_id, id desc);
create index order_items_tier on order_items (tier_id);
create index order_items_track on order_items (track_id) where track_id is not null;

-- Who earns what of an item, by the split sheet in force when it was ordered.
create table order_item_shares (
  order_item_id uuid not null references order_items,
  user_id uuid not null references users,
  split_bps integer not null check (split_bps between 1 and 10000),
  amount bigint not null check (amount >= 0),
  -- What refunds and lost disputes took back of it.
  reversed_amount bigint not null default 0 check (reversed_amount between 0 and amount),
  -- When it can be paid out, from the payment on; released once it is.
  releases_at timestamptz,
  released_at timestamptz,
  -- Frozen by a dispute.
  held_at timestamptz,
  primary key (order_item_id, user_id)
);
create index order_item_shares_due on order_item_shares (releases_at)
  where released_at is null and releases_at is not null;
create index order_item_shares_user on order_item_shares (user_id);

-- Who has, or is about to have, a track for themselves. `lapsed`: not paid in time, and others may have it.
create table exclusive_claims (
  id uuid primary key default uuidv7(),
  track_id uuid not null references tracks,
  order_item_id uuid not null unique references order_items,
  state text not null default 'reserved' check (state in ('reserved', 'sold', 'lapsed', 'released')),
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index exclusive_claims_live on exclusive_claims (track_id) where state in ('reserved', 'sold');

-- What Stripe has told of, once each. The worker reads the present state of the object, not this.
create table stripe_events (
  id text primary key,
  type text not null,
  object_id text not null,
  -- Of a connected account; null for the platform's own.
  account_id text,
  created_at timestamptz not null,
  received_at timestamptz not null,
  tries integer not null default 0,
  processed_at timestamptz,
  failed_reason text check (char_length(failed_reason) <= 1000)
);
create index stripe_events_waiting on stripe_events (received_at) where processed_at is null;
create index stripe_events_old on stripe_events (processed_at) where processed_at is not null;

-- What is to be done at Stripe, once each: the row is there before the call, and its key goes with every try.
create table stripe_calls (
  id uuid primary key default uuidv7(),
  kind text not null check (kind in (
    'refund', 'cancel_intent', 'transfer', 'payout', 'stage_evidence', 'submit_evidence'
  )),
  -- The refund, order, payout or dispute that it is about.
  subject_id uuid not null,
  idempotency_key text not null unique,
  status text not null default 'due' check (status in ('due', 'done', 'failed')),
  tries integer not null default 0,
  due_at timestamptz not null,
  result_id text,
  failed_reason text check (char_length(failed_reason) <= 1000),
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index stripe_calls_due on stripe_calls (due_at) where status = 'due';
create index stripe_calls_subject on stripe_calls (subject_id);

create table refunds (
  id uuid primary key default uuidv7(),
  order_id uuid not null references orders,
  amount bigint not null check (amount > 0),
  currency text not null,
  reason text not null check (reason in (
    'requested_by_customer', 'duplicate', 'fraudulent', 'exclusive_conflict', 'late_payment', 'other'
  )),
  note text not null default '' check (char_length(note) <= 1000),
  requested_by uuid references users,
  status text not null default 'pending' check (status in ('pending', 'succeeded', 'failed')),
  stripe_refund_id text unique,
  failed_reason text check (char_length(failed_reason) <= 1000),
  created_at timestamptz not null,
  settled_at timestamptz
);
create index refunds_order on refunds (order_id, id);

create table refund_items (
  refund_id uuid not null references refunds,
  order_item_id uuid not null references order_items,
  amount bigint not null check (amount > 0),
  primary key (refund_id, order_item_id)
);
create index refund_items_item on refund_items (order_item_id);

create table disputes (
  id uuid primary key default uuidv7(),
  stripe_dispute_id text not null unique,
  order_id uuid not null references orders,
  amount bigint not null check (amount > 0),
  currency text not null,
  reason text not null,
  -- Stripe's own word.
  status text not null,
  evidence_due_at timestamptz,
  evidence jsonb,
  evidence_staged_at timestamptz,
  evidence_submitted_at timestamptz,
  opened_at timestamptz not null,
  -- Won or lost.
  outcome text check (outcome in ('won', 'lost')),
  closed_at timestamptz,
  check ((outcome is null) = (closed_at is null))
);
create index disputes_order on disputes (order_id);
create index disputes_open on disputes (evidence_due_at) where closed_at is null;

-- Every movement of money, once: the key says what brought it about.
create table ledger_movements (
  id uuid primary key default uuidv7(),
  external_id text not null unique,
  kind text not null check (kind in (
    'sale', 'stripe_fee', 'release', 'refund', 'dispute', 'dispute_won', 'dispute_lost', 'payout', 'payout_failed',
    'transfer'
  )),
  order_id uuid references orders,
  payout_id uuid,
  at timestamptz not null
);
create index ledger_movements_order on ledger_movements (order_id) where order_id is not null;

-- What each account gains by it; a movement's entries come to nothing together. `customers`, `stripe_fees` and
-- `connected_accounts` are the world outside, what they have given us is negative; `platform` is ours, `disputed` is in
-- dispute; the rest is owed to a user.
create table ledger_entries (
  id uuid primary key default uuidv7(),
  movement_id uuid not null references ledger_movements,
  account text not null check (account in (
    'customers', 'stripe_fees', 'connected_accounts', 'platform', 'disputed', 'pending', 'available', 'held', 'in_transit'
  )),
  user_id uuid references users,
  order_item_id uuid references order_items,
  amount bigint not null check (amount <> 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  check ((account in ('pending', 'available', 'held', 'in_transit')) = (user_id is not null))
);
create index ledger_entries_movement on ledger_entries (movement_id);
create index ledger_entries_user on ledger_entries (user_id, id desc) where user_id is not null;

create function check_movement() returns trigger language plpgsql as $$
begin
  if exists (
    select from ledger_entries where movement_id = new.movement_id group by currency having sum(amount) <> 0
  ) then
    raise exception 'The entries of a movement must come to nothing' using errcode = 'check_violation';
  end if;
  return null;
end
$$;
create constraint trigger ledger_entries_balanced after insert on ledger_entries
  deferrable initially deferred for each row execute function check_movement();

create function refuse_ledger_change() returns trigger language plpgsql as $$
begin
  raise exception 'The ledger is only ever added to';
end
$$;
create trigger ledger_movements_kept before update or delete on ledger_movements
  for each row execute function refuse_ledger_change();
create trigger ledger_entries_kept before update or delete on ledger_entries
  for each row execute function refuse_ledger_change();

-- The sums of a user's entries, kept with every movement.
create table balances (
  user_id uuid not null references users,
  currency text not null,
  pending bigint not null default 0,
  available bigint not null default 0,
  held bigint not null default 0,
  in_transit bigint not null default 0,
  primary key (user_id, currency)
);

create table payouts (
  id uuid primary key default uuidv7(),
  user_id uuid not null references users,
  amount bigint not null check (amount > 0),
  currency text not null,
  status text not null default 'pending' check (status in ('pending', 'in_transit', 'paid', 'failed')),
  origin text not null check (origin in ('schedule', 'seller')),
  stripe_transfer_id text unique,
  stripe_payout_id text unique,
  failed_reason text check (char_length(failed_reason) <= 1000),
  -- Its statement in the bucket of exports.
  statement_key text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  settled_at timestamptz
);
create index payouts_user on payouts (user_id, id desc);
create unique index payouts_under_way on payouts (user_id, currency) where status = 'pending';
alter table ledger_movements add foreign key (payout_id) references payouts;

-- Whatever ever signed a certificate, for as long as certificates are.
create table license_keys (
  kid text primary key,
  public_jwk jsonb not null,
  created_at timestamptz not null
);

create table licenses (
  id uuid primary key default uuidv7(),
  serial text not null unique,
  order_item_id uuid not null unique references order_items,
  buyer_id uuid not null references users,
  seller_id uuid not null references users,
  product_id uuid not null references products,
  tier_id uuid not null references product_tiers,
  status text not null default 'active' check (status in ('active', 'frozen', 'revoked')),
  -- `refund`, `dispute`, `dispute_lost`.
  status_reason text,
  terms jsonb not null,
  -- The contract with every variable filled in.
  contract text not null,
  track_id uuid references tracks,
  version_id uuid references track_versions,
  sha256 text,
  document jsonb not null,
  jws text not null,
  kid text not null references license_keys,
  -- How often and until when its files may be fetched.
  downloads_allowed integer not null default 10 check (downloads_allowed >= 0),
  downloads_used integer not null default 0 check (downloads_used between 0 and downloads_allowed),
  downloads_until timestamptz not null,
  issued_at timestamptz not null,
  status_at timestamptz not null,
  revision integer not null default 1
);
create index licenses_buyer on licenses (buyer_id, id desc);
create index licenses_track on licenses (track_id) where track_id is not null;

-- The files of a licence, as they were when it was issued.
create table license_files (
  id uuid primary key default uuidv7(),
  license_id uuid not null references licenses,
  position integer not null,
  track_id uuid not null references tracks,
  version_id uuid not null references track_versions,
  format text not null,
  sha256 text not null,
  unique (license_id, position)
);
create index license_files_version on license_files (version_id);

-- Who fetched what, for as long as somebody may dispute it.
create table license_downloads (
  id uuid primary key default uuidv7(),
  license_id uuid not null references licenses,
  buyer_id uuid not null references users,
  granted_at timestamptz not null,
  expires_at timestamptz not null,
  ip inet,
  user_agent text not null default ''
);
create index license_downloads_license on license_downloads (license_id, granted_at desc);

create table license_verifications (
  id bigint primary key generated always as identity,
  license_id uuid not null references licenses,
  at timestamptz not null,
  ip inet
);
create index license_verifications_license on license_verifications (license_id, at desc);

create table invoices (
  id uuid primary key default uuidv7(),
  seller_id uuid not null references users,
  number bigint not null,
  kind text not null check (kind in ('invoice', 'credit_note')),
  order_id uuid not null references orders,
  refund_id uuid references refunds,
  buyer_id uuid not null references users,
  currency text not null,
  total_amount bigint not null,
  -- As printed: parties, lines, sums.
  document jsonb not null,
  issued_at timestamptz not null,
  unique (seller_id, number),
  check ((kind = 'credit_note') = (refund_id is not null))
);
create unique index invoices_order on invoices (order_id, seller_id) where kind = 'invoice';
create unique index invoices_refund on invoices (refund_id, seller_id) where kind = 'credit_note';
create index invoices_buyer on invoices (buyer_id, id desc);
