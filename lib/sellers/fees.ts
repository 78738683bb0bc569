import type { Db } from '../db/client.ts'

/** The platform's part of what each of these sells: what was agreed on with them, else the usual one. */
export async function feeOf(
  tx: Db,
  sellerIds: readonly string[],
  usualBps: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx<{ user_id: string; fee_bps: number }[]>`
    select user_id, coalesce(s.fee_bps, ${usualBps}::integer) as fee_bps
    from unnest(${[...sellerIds]}::uuid[]) user_id
    left join sellers s using (user_id)
  `
  return new Map(rows.map(({ user_id, fee_bps }) => [user_id, fee_bps]))
}
