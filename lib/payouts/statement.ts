import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Db, Sql } from '../db/client.ts'
import { toDecimal } from '../money/currencies.ts'
import type { PayoutOrder } from './repository.ts'

export interface StatementDependencies {
  readonly sql: Sql
  readonly exports: Pick<ObjectStore, 'put'>
}

interface Line {
  readonly date: string
  readonly kind: string
  readonly order_number: number | null
  readonly item: string
  readonly item_amount: number | null
  readonly platform_fee: number | null
  readonly share_percent: string
  readonly amount: number
  readonly balance: number
}

/** Keeps what a payout is made of, once. It says the same whenever it is made, so that a second try does no harm. */
export async function keepStatement({ sql, exports }: StatementDependencies, payout: PayoutOrder) {
  if (payout.statement_key !== null) return
  const key = `exports/statements/${payout.id}.csv`
  const csv = Buffer.from(toCsv(await listLines(sql, payout), payout.currency))
  await exports.put(key, Readable.from([csv]), {
    size_bytes: csv.length,
    content_type: 'text/csv; charset=utf-8',
  })
  await sql`update payouts set statement_key = ${key} where id = ${payout.id}`
}

/**
 * Every change of what was available from the payout before this one up to it, with what was left from then in the
 * first line: so the last balance is what stays behind, and the lines add up to it.
 */
async function listLines(db: Db, { id, user_id, currency }: PayoutOrder): Promise<Line[]> {
  return db<Line[]>`
    with mine as (
      select e.id, e.amount, e.order_item_id, m.kind, m.order_id, m.payout_id, m.at
      from ledger_entries e
      join ledger_movements m on m.id = e.movement_id
      where e.user_id = ${user_id} and e.currency = ${currency} and e.account = 'available'
    ), this as (
      select id, at from mine where kind = 'payout' and payout_id = ${id}
    ), previous as (
      select max(mine.id::text)::uuid as id from mine, this where kind = 'payout' and mine.id < this.id
    ), lines as (
      select
        null::uuid as id, (select min(at) from mine, previous where mine.id = previous.id) as at,
        'brought_forward' as kind, null::uuid as order_id, null::uuid as order_item_id,
        coalesce(sum(mine.amount), 0)::bigint as amount
      from mine, previous
      where mine.id <= previous.id
      having count(*) > 0
      union all
      select mine.id, mine.at, mine.kind, mine.order_id, mine.order_item_id, mine.amount
      from mine, this, previous
      where mine.id <= this.id and (previous.id is null or mine.id > previous.id)
    )
    select
      coalesce(to_char(l.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') as date,
      l.kind, o.number as order_number, coalesce(i.title || ' – ' || i.tier_name, '') as item,
      i.price_amount - i.discount_amount as item_amount, i.fee_amount as platform_fee,
      coalesce(to_char(s.split_bps / 100.0, 'FM990.00'), '') as share_percent,
      l.amount, (sum(l.amount) over (order by l.id nulls first))::bigint as balance
    from lines l
    left join orders o on o.id = l.order_id
    left join order_items i on i.id = l.order_item_id
    left join order_item_shares s on s.order_item_id = i.id and s.user_id = ${user_id}
    order by l.id nulls first
  `
}

/** What somebody wrote never begins a formula where a spreadsheet opens it; amounts are numbers and may be negative. */
function toCsv(lines: readonly Line[], currency: string): string {
  const amounts = ['item_amount', 'platform_fee', 'amount', 'balance']
  return stringify(
    lines.map((line) => ({ ...line, currency })),
    {
      header: true,
      columns: [
        'date',
        'kind',
        'order_number',
        'item',
        'item_amount',
        'platform_fee',
        'share_percent',
        'amount',
        'balance',
        'currency',
      ],
      bom: true,
      record_delimiter: 'windows',
      escape_formulas: true,
      cast: {
        number: (value, { column }) =>
          amounts.includes(String(column)) ? toDecimal(value, currency) : String(value),
      },
    },
  )
}
