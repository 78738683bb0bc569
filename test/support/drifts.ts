import { createCountRepair } from '../../lib/counts/repair.ts'
import type { Sql } from '../../lib/db/client.ts'

/** What the night has to mend, by the name of the source: whatever was counted wrong. */
export async function findDrifts(sql: Sql): Promise<Record<string, number>> {
  const drifts: Record<string, number> = {}
  const repair = createCountRepair({
    sql,
    report: ({ source, drift }) => {
      if (drift !== 0) drifts[source] = drift
    },
  })
  const now = new Date()
  while ((await repair(now)) > 0);
  return drifts
}
