import type { Db } from '../db/client.ts'
import type { ListSales, Sale, SalesSummary } from './schemas.ts'

type Filters = Omit<ListSales, 'limit' | 'cursor'>

export const listOwnSales = (
  db: Db,
  sellerId: string,
  { product_id, currency }: Filters,
  before: string | undefined,
  limit: number,
) => db<Sale[]>`
  select
    i.id, i.order_id, o.number as order_number, o.status as order_status, o.buyer_id, i.product_id, i.tier_id, i.kind,
    i.title, i.tier_name, o.currency, i.price_amount, i.discount_amount, i.refunded_amount, i.fee_amount,
    i.fee_refunded_amount, o.paid_at,
    (select min(s.releases_at) from order_item_shares s where s.order_item_id = i.id) as releases_at,
    coalesce((
      select jsonb_agg(jsonb_build_object(
        'user_id', s.user_id, 'split_bps', s.split_bps, 'amount', s.amount, 'reversed_amount', s.reversed_amount,
        'status', case
          when s.held_at is not null then 'held' when s.released_at is not null then 'available' else 'pending'
        end
      ) order by s.split_bps desc, s.user_id)
      from order_item_shares s
      where s.order_item_id = i.id
    ), '[]') as shares
  from order_items i
  join orders o on o.id = i.order_id and o.paid_at is not null
  where i.seller_id = ${sellerId}
    and ${before === undefined ? db`true` : db`i.id < ${before}`}
    and ${product_id === undefined ? db`true` : db`i.product_id = ${product_id}`}
    and ${currency === undefined ? db`true` : db`o.currency = ${currency}`}
  order by i.id desc
  limit ${limit}
`

export interface Period {
  readonly from: Date
  readonly to: Date
  readonly product_id?: string | undefined
}

type Figures = SalesSummary['totals'][number] & {
  readonly product_id: string | null
  readonly title: string | null
  readonly day: string | null
}

/** From the ledger alone: the sums for each currency, each product of it and each day of it. */
export const sumSales = (db: Db, sellerId: string, { from, to, product_id }: Period) => db<Figures[]>`
  select
    e.currency, i.product_id, p.title, to_char(m.at at time zone 'UTC', 'YYYY-MM-DD') as day,
    count(distinct i.id) filter (where m.kind = 'sale') as sale_count,
    coalesce(sum(e.amount) filter (where m.kind = 'sale'), 0)::bigint as gross_amount,
    -coalesce(sum(e.amount) filter (where m.kind <> 'sale'), 0)::bigint as refunded_amount,
    coalesce(sum(e.amount) filter (where e.account = 'platform'), 0)::bigint as fee_amount,
    coalesce(sum(e.amount) filter (where e.user_id <> ${sellerId}), 0)::bigint as shared_amount,
    coalesce(sum(e.amount) filter (where e.user_id = ${sellerId}), 0)::bigint as earned_amount
  from order_items i
  join products p on p.id = i.product_id
  join ledger_entries e on e.order_item_id = i.id and (e.account = 'platform' or e.user_id is not null)
  join ledger_movements m on m.id = e.movement_id
  where i.seller_id = ${sellerId}
    and ${product_id === undefined ? db`true` : db`i.product_id = ${product_id}`}
    and m.kind in ('sale', 'refund', 'dispute_lost') and m.at >= ${from} and m.at < ${to}
  group by grouping sets (
    (e.currency), (e.currency, i.product_id, p.title), (e.currency, to_char(m.at at time zone 'UTC', 'YYYY-MM-DD'))
  )
  order by 4, 1, 6 desc, 2
`
