-- What became of an item, for its seller's figures and the rules of money.
create index ledger_entries_item on ledger_entries (order_item_id) where order_item_id is not null;
create index ledger_movements_payout on ledger_movements (payout_id) where payout_id is not null;

-- When Stripe was last asked how the account stands: an older answer does not overwrite a newer one.
alter table sellers add column checked_at timestamptz;

create index payouts_sent_back on payouts (user_id) where status = 'failed' and stripe_transfer_id is not null;
create index payouts_moving on payouts (id) where status in ('pending', 'in_transit');

create trigger ledger_movements_not_emptied before truncate on ledger_movements
  for each statement execute function refuse_ledger_change();
create trigger ledger_entries_not_emptied before truncate on ledger_entries
  for each statement execute function refuse_ledger_change();
