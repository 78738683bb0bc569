import type { Db } from '../db/client.ts'

export interface EvidenceState {
  readonly id: string
  readonly stripe_dispute_id: string
  readonly is_over: boolean
  /** What the call under this key said of it; a call that is made again says the same. */
  readonly evidence: StoredEvidence | null
}

export type StoredEvidence = {
  readonly key: string
  readonly fields: Readonly<Record<string, string>>
}

export async function findEvidenceState(db: Db, disputeId: string): Promise<EvidenceState | undefined> {
  const [row] = await db<[EvidenceState?]>`
    select id, stripe_dispute_id, closed_at is not null or evidence_submitted_at is not null as is_over, evidence
    from disputes where id = ${disputeId}
  `
  return row
}

/** Answers with it as it is read from then on: the order of its fields is the database's. */
export async function keepEvidence(
  db: Db,
  disputeId: string,
  evidence: StoredEvidence,
): Promise<StoredEvidence> {
  const [row] = await db<[{ evidence: StoredEvidence }]>`
    update disputes set evidence = ${db.json(evidence)} where id = ${disputeId} returning evidence
  `
  return row.evidence
}

export async function markStaged(db: Db, disputeId: string, now: Date): Promise<void> {
  await db`
    update disputes set evidence_staged_at = coalesce(evidence_staged_at, ${now}) where id = ${disputeId}
  `
}

export async function markSubmitted(db: Db, disputeId: string, now: Date): Promise<void> {
  await db`
    update disputes
    set evidence_staged_at = coalesce(evidence_staged_at, ${now}),
        evidence_submitted_at = coalesce(evidence_submitted_at, ${now})
    where id = ${disputeId}
  `
}

export async function hasCall(db: Db, disputeId: string, kind: 'stage_evidence'): Promise<boolean> {
  const rows = await db`select from stripe_calls where subject_id = ${disputeId} and kind = ${kind}`
  return rows.length > 0
}

/** Disputes about which one of these calls was never asked for, though it is time; locked. */
export async function listWithout(
  db: Db,
  kind: 'stage_evidence' | 'submit_evidence',
  { openedBefore, dueBefore, limit }: { openedBefore: Date; dueBefore: Date; limit: number },
): Promise<{ id: string }[]> {
  return db<{ id: string }[]>`
    select d.id from disputes d
    where d.closed_at is null and d.evidence_submitted_at is null
      and d.status in ('needs_response', 'warning_needs_response')
      and (d.opened_at <= ${openedBefore} or d.evidence_due_at <= ${dueBefore})
      and not exists (select from stripe_calls c where c.subject_id = d.id and c.kind = ${kind})
    order by d.opened_at
    limit ${limit}
    for no key update of d skip locked
  `
}

export interface DisputedItem {
  readonly title: string
  readonly tier_name: string
  readonly kind: string
  readonly amount: number
  readonly refunded_amount: number
  readonly seller: string
  readonly license: DisputedLicense | null
}

export interface DisputedLicense {
  readonly serial: string
  readonly contract: string
  readonly issued_at: string
  readonly files: readonly {
    readonly title: string
    readonly format: string
    readonly sha256: string | null
  }[]
}

export interface DisputeFacts {
  readonly order_id: string
  readonly order_number: number
  readonly currency: string
  readonly total_amount: number
  readonly refunded_amount: number
  readonly ordered_at: Date
  readonly paid_at: Date
  readonly delivered_at: Date | null
  readonly buyer_id: string
  readonly buyer_name: string
  readonly buyer_since: Date
  /** Null of somebody whose account is gone. */
  readonly buyer_email: string | null
  readonly buyer_ip: string | null
  readonly buyer_user_agent: string
  readonly items: readonly DisputedItem[]
}

/** What was bought, by whom, and what was delivered. */
export async function findFacts(db: Db, disputeId: string): Promise<DisputeFacts> {
  const [facts] = await db<[DisputeFacts]>`
    select
      o.id as order_id, o.number as order_number, o.currency, o.total_amount, o.refunded_amount,
      o.created_at as ordered_at, o.paid_at, o.completed_at as delivered_at, b.id as buyer_id,
      coalesce(nullif(b.display_name, ''), b.username) as buyer_name, b.created_at as buyer_since,
      case when b.deleted_at is null then b.email end as buyer_email,
      host(o.buyer_ip) as buyer_ip, o.buyer_user_agent,
      (
        select json_agg(json_build_object(
          'title', i.title, 'tier_name', i.tier_name, 'kind', i.kind,
          'amount', i.price_amount - i.discount_amount, 'refunded_amount', i.refunded_amount,
          'seller', coalesce(nullif(s.display_name, ''), s.username),
          'license', case when l.id is not null then json_build_object(
            'serial', l.serial, 'contract', l.contract, 'issued_at', l.issued_at,
            'files', coalesce((
              select json_agg(
                json_build_object('title', f.title, 'format', f.format, 'sha256', f.sha256) order by f.position
              )
              from license_files f where f.license_id = l.id
            ), '[]'::json)
          ) end
        ) order by i.position)
        from order_items i
        join users s on s.id = i.seller_id
        left join licenses l on l.order_item_id = i.id
        where i.order_id = o.id
      ) as items
    from disputes d
    join orders o on o.id = d.order_id
    join users b on b.id = o.buyer_id
    where d.id = ${disputeId}
  `
  return facts
}

export interface Access {
  readonly at: Date
  readonly kind: 'download' | 'verification'
  readonly serial: string
  readonly ip: string | null
  readonly user_agent: string
}

/** Each download of what the order has bought, and each time that a licence of it was looked up; oldest first. */
export const listAccess = (db: Db, orderId: string) => db<Access[]>`
  with licensed as (
    select l.id, l.serial from licenses l join order_items i on i.id = l.order_item_id where i.order_id = ${orderId}
  )
  select d.granted_at as at, 'download' as kind, l.serial, host(d.ip) as ip, d.user_agent
  from license_downloads d join licensed l on l.id = d.license_id
  union all
  select v.at, 'verification', l.serial, host(v.ip), ''
  from license_verifications v join licensed l on l.id = v.license_id
  order by at
  limit 10000
`

export interface PriorOrder {
  readonly number: number
  readonly paid_at: Date
  readonly total_amount: number
  readonly currency: string
  readonly ip: string | null
}

/** What the same buyer had paid for before, and nobody took back or questioned; newest first. */
export const listPrior = (db: Db, { buyer_id, paid_at, order_id }: DisputeFacts) => db<PriorOrder[]>`
  select o.number, o.paid_at, o.total_amount, o.currency, host(o.buyer_ip) as ip
  from orders o
  where o.buyer_id = ${buyer_id} and o.id <> ${order_id} and o.status = 'completed' and o.total_amount > 0
    and o.refunded_amount = 0 and o.paid_at < ${paid_at}
    and not exists (select from disputes d where d.order_id = o.id)
  order by o.paid_at desc
  limit 50
`
