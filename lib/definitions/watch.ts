import type { DefinitionStore } from '../aws/definition-store.ts'
import type { Db } from '../db/client.ts'
import { logger } from '../logger.ts'
import { embedCount } from '../metrics.ts'
import { hourMs } from '../time.ts'
import { readCurrent } from './current.ts'
import { markInForce } from './in-force.ts'

/** Where nothing was ever published, the scanner has what its image was built with, however old that is. */
const ageOfNothing = 1_000

/**
 * Takes note of the set in force, and says how old it is: CloudWatch takes the metric of the alarm `definitions-age`
 * from the line. Scans go on with old definitions, for what they find is found; what they let through is scanned
 * again as soon as there are new ones.
 */
export const createDefinitionsWatch = (sql: Db, store: Pick<DefinitionStore, 'read'>) =>
  async function watch(now: Date): Promise<0> {
    const current = await readCurrent(store)
    if (current) await markInForce(sql, current, now)
    const age = current ? (now.getTime() - new Date(current.built_at).getTime()) / hourMs : ageOfNothing
    logger.info('The virus definitions in force were looked at', {
      definitions_version: current?.version ?? null,
      ...embedCount('definitions_age_hours', Math.max(0, Math.round(age * 10) / 10)),
    })
    return 0
  }
