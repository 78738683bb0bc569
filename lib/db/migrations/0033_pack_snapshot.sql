-- What was in a sample pack when it was ordered, in its order: that is delivered, whatever becomes of the pack.
alter table order_items add column track_ids uuid[] not null default '{}';
update order_items i
set track_ids = array(select p.track_id from product_tracks p where p.product_id = i.product_id order by p.position)
where i.kind = 'sample_pack';
