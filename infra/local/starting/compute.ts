import { type AdminAccount, ensureAdmin } from '../admin-account.ts'
import { type FrontDoor, startFrontDoor } from '../aws/front-door.ts'
import { openToFunctions } from '../database-users.ts'
import { createFaults } from '../faults.ts'
import { defineFunctions } from '../lambda/definitions.ts'
import { createFunctions, type Functions } from '../lambda/functions.ts'
import { findProgram } from '../parts/find-program.ts'
import { runTriggers } from '../triggers.ts'
import type { Services } from './services.ts'
import type { Site } from './site.ts'

export interface Compute {
  readonly functions: Functions
  readonly frontDoor: FrontDoor
  readonly faults: ReturnType<typeof createFaults>
  readonly admin: AdminAccount
}

/** The functions, the front door of all AWS calls, and what runs before anybody may call. */
export async function startCompute(site: Site, services: Services): Promise<Compute> {
  const { root, data, log, step, closing, ports, urls } = site
  const { template, principals, postgres, clamd, backEnds } = services
  const definitions = defineFunctions({
    template,
    principals,
    frontDoorUrl: urls.frontDoor,
    database: postgres.env,
    imageEnvironment: { ...clamd.environment, FRESHCLAM: findProgram('freshclam') ?? 'freshclam' },
    root,
  })
  const functions = createFunctions(definitions, { log: log.write, logger: log.of('lambda') })
  closing.serving(functions.stop)
  const frontDoor = await startFrontDoor({
    template,
    principals,
    parts: backEnds,
    invokeFunction: functions.invokeApi,
    logger: log.of('aws'),
    port: ports.frontDoor,
  })
  closing.service(frontDoor.close)
  const faults = createFaults(functions.kill)
  frontDoor.onCall(faults.onCall)
  await step('Migrations', async () => {
    await runTriggers(template, functions.invoke)
    await openToFunctions(template, postgres.url)
  })
  const admin = await step('Admin account', () =>
    ensureAdmin({ dataDir: data.path, databaseUrl: postgres.url, invoke: functions.invoke }),
  )
  return { functions, frontDoor, faults, admin }
}
