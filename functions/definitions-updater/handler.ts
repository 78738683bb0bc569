import { createDefinitionStore } from '../../lib/aws/definition-store.ts'
import { readList, readText, requireEnv } from '../../lib/config.ts'
import { createFreshclam } from '../../lib/definitions/freshclam.ts'
import { createDefinitionsUpdater } from '../../lib/definitions/updater.ts'

const update = createDefinitionsUpdater({
  store: createDefinitionStore(requireEnv('DEFINITIONS_BUCKET')),
  freshclam: createFreshclam({
    program: requireEnv('FRESHCLAM'),
    mirror: readText('DEFINITIONS_MIRROR'),
    urls: readList('DEFINITIONS_URLS'),
  }),
})

/** By the clock, and by operators. */
export const handler = () => update()
