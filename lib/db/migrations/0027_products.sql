-- Whether a product is on sale, as far as its tracks go. Tracks in a sample pack may be private, for nobody is meant to
-- come upon each of them.
create view products_on_sale as
select p.id, p.track_id, coalesce(s.charges_enabled, false) as takes_payments
from products p
left join sellers s on s.user_id = p.seller_id
left join tracks t on t.id = p.track_id
where p.status = 'published'
  and case p.kind
    when 'track_license' then
      t.deleted_at is null and t.hidden_at is null and t.status = 'ready' and t.visibility in ('public', 'unlisted')
    when 'sample_pack' then not exists (
      select from product_tracks i
      join tracks t on t.id = i.track_id
      where i.product_id = p.id
        and (
          t.deleted_at is not null or t.hidden_at is not null or t.status <> 'ready'
          or exists (select from exclusive_claims c where c.track_id = t.id and c.state = 'sold')
        )
    )
    else true
  end;

-- Whether something of a track can be bought. A reservation that is over counts until it is marked so.
create function has_open_tier(wanted uuid) returns boolean language sql stable as $$
  select exists (
    select from products_on_sale p
    join product_tiers r on r.product_id = p.id and r.removed_at is null
    where p.track_id = wanted
      and (r.price_amount = 0 or p.takes_payments)
      and not (
        r.is_exclusive
        and exists (select from exclusive_claims c where c.track_id = wanted and c.state in ('reserved', 'sold'))
      )
  )
$$;

-- Whoever changes what is sold of a track changes this too, one after the other: the lock comes first, and what others
-- have done meanwhile shows to the statement behind it.
create function refresh_purchasable(ids uuid[]) returns void language plpgsql as $$
begin
  perform from tracks where id = any(ids) order by id for no key update;
  update tracks set is_purchasable = not is_purchasable
  where id = any(ids) and is_purchasable <> (visibility = 'public' and has_open_tier(id));
end
$$;

create function follow_products() returns trigger language plpgsql as $$
begin
  perform refresh_purchasable(array(select track_id from present where track_id is not null));
  return null;
end
$$;
create trigger products_purchasable_new after insert on products
  referencing new table as present for each statement execute function follow_products();
create trigger products_purchasable after update on products
  referencing new table as present for each statement execute function follow_products();
create trigger claims_purchasable_new after insert on exclusive_claims
  referencing new table as present for each statement execute function follow_products();
create trigger claims_purchasable after update on exclusive_claims
  referencing new table as present for each statement execute function follow_products();

create function follow_tiers() returns trigger language plpgsql as $$
begin
  perform refresh_purchasable(array(
    select p.track_id from present r join products p on p.id = r.product_id where p.track_id is not null
  ));
  return null;
end
$$;
create trigger tiers_purchasable_new after insert on product_tiers
  referencing new table as present for each statement execute function follow_tiers();
create trigger tiers_purchasable after update on product_tiers
  referencing new table as present for each statement execute function follow_tiers();

create function follow_seller() returns trigger language plpgsql as $$
begin
  perform refresh_purchasable(array(
    select track_id from products where seller_id = new.user_id and status <> 'archived' and track_id is not null
  ));
  return null;
end
$$;
create trigger sellers_purchasable_new after insert on sellers
  for each row when (new.charges_enabled) execute function follow_seller();
create trigger sellers_purchasable after update of charges_enabled on sellers
  for each row when (new.charges_enabled <> old.charges_enabled) execute function follow_seller();

-- Of a track that comes or goes.
create function follow_sold_track() returns trigger language plpgsql as $$
begin
  perform refresh_purchasable(array[new.id]);
  return null;
end
$$;
create trigger tracks_purchasable after update on tracks
  for each row
  when (
    (new.visibility, new.status, new.deleted_at, new.hidden_at)
      is distinct from (old.visibility, old.status, old.deleted_at, old.hidden_at)
  )
  execute function follow_sold_track();
