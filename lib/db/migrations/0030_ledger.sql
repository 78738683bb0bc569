-- What became of an item, for its seller's figures and the rules of money.
create index ledger_entries_item on ledger_entries (order_item_id) where order_item_id is not null;
create index ledger_movements_payout on ledger_movements (payout_id) where payout_id is not null;
