import type { Rule } from './rule.ts'

/** What orders, licences, refunds and disputes have to do with the ledger. */
export const orderRules = {
  order_is_its_items: (db) => db`
    select o.id::text as subject
    from orders o
    join order_items i on i.order_id = o.id
    group by o.id
    having o.subtotal_amount <> sum(i.price_amount) or o.discount_amount <> sum(i.discount_amount)
      or o.refunded_amount <> sum(i.refunded_amount)
  `,

  item_is_fee_and_shares: (db) => db`
    select i.id::text as subject
    from order_items i
    left join order_item_shares s on s.order_item_id = i.id
    group by i.id
    having i.price_amount - i.discount_amount <> i.fee_amount + coalesce(sum(s.amount), 0)
      or i.refunded_amount <> i.fee_refunded_amount + coalesce(sum(s.reversed_amount), 0)
  `,

  paid_has_a_sale: (db) => db`
    select o.id::text as subject
    from orders o
    left join ledger_movements m on m.order_id = o.id and m.kind = 'sale'
    group by o.id
    having count(m.id) <> (o.paid_at is not null and o.total_amount > 0)::int
  `,

  sale_is_the_total: (db) => db`
    select o.id::text as subject
    from ledger_movements m
    join orders o on o.id = m.order_id
    join ledger_entries e on e.movement_id = m.id and e.account = 'customers'
    where m.kind = 'sale'
    group by o.id
    having sum(e.amount) <> -o.total_amount or bool_or(e.currency <> o.currency)
  `,

  fee_is_its_entries: (db) => db`
    select i.id::text as subject
    from order_items i
    join orders o on o.id = i.order_id and o.paid_at is not null
    left join ledger_entries e on e.order_item_id = i.id and e.account = 'platform'
    group by i.id
    having coalesce(sum(e.amount), 0) <> i.fee_amount - i.fee_refunded_amount
  `,

  /** All of it is where it should be: held, available or still pending. */
  share_is_its_entries: (db) => db`
    select s.order_item_id || ' ' || s.user_id as subject
    from order_item_shares s
    join order_items i on i.id = s.order_item_id
    join orders o on o.id = i.order_id and o.paid_at is not null
    left join ledger_entries e on e.order_item_id = s.order_item_id and e.user_id = s.user_id
    group by s.order_item_id, s.user_id
    having coalesce(sum(e.amount), 0) <> s.amount - s.reversed_amount
      or s.amount - s.reversed_amount <> coalesce(sum(e.amount) filter (where e.account = case
        when s.held_at is not null then 'held' when s.released_at is not null then 'available' else 'pending'
      end), 0)
  `,

  refund_is_in_the_ledger: (db) => db`
    select r.id::text as subject
    from refunds r
    left join ledger_movements m on m.external_id = 'refund:' || r.stripe_refund_id
    left join ledger_entries e on e.movement_id = m.id and e.account = 'customers'
    where r.status = 'succeeded'
    group by r.id
    having coalesce(sum(e.amount), 0) <> r.amount
  `,

  closed_dispute_is_settled: (db) => db`
    select d.order_id::text as subject
    from disputes d
    join ledger_movements m on m.order_id = d.order_id
    join ledger_entries e on e.movement_id = m.id and e.account = 'disputed'
    where not exists (select from disputes open where open.order_id = d.order_id and open.closed_at is null)
    group by d.order_id
    having sum(e.amount) <> 0
  `,

  completed_has_its_licenses: (db) => db`
    select i.id::text as subject
    from order_items i
    join orders o on o.id = i.order_id
    left join licenses l on l.order_item_id = i.id
    where (l.id is not null) <> (o.completed_at is not null)
  `,
} satisfies Readonly<Record<string, Rule>>
