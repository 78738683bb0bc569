-- The buyer of such a tier names the price; price_amount is the least.
alter table product_tiers
  add column is_price_open boolean not null default false,
  add constraint product_tiers_open_price check (not (is_price_open and is_exclusive));
