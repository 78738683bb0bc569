import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildAll, watch } from '../../esbuild.config.mjs'
import { type AdminAccount, ensureAdmin } from './admin-account.ts'
import { type BackEnds, startBackEnds } from './aws/back-ends.ts'
import { type FrontDoor, startFrontDoor } from './aws/front-door.ts'
import type { PlatformInfo } from './client.ts'
import { type Closing, createClosing } from './closing.ts'
import { createControl } from './control.ts'
import { type DataDir, openDataDir } from './data-dir.ts'
import { databaseOwner, openToFunctions } from './database-users.ts'
import { createDemoPage } from './demo-page.ts'
import { startEventSources } from './event-sources.ts'
import { createFaults } from './faults.ts'
import { startGateway } from './gateway/gateway.ts'
import { defineFunctions } from './lambda/definitions.ts'
import { createFunctions, type Functions } from './lambda/functions.ts'
import { createLocalDefinitions, localDefinitionsPath, scheduleFirstUpdate } from './local-definitions.ts'
import { createLog, type LogRecord, type PlatformLog } from './log.ts'
import { ensureMediaKey, type MediaKey, storeMediaKey } from './media-key.ts'
import { type Clamd, createClamd } from './parts/clamd.ts'
import { findProgram } from './parts/find-program.ts'
import { createMediaServer } from './parts/media-server.ts'
import type { Part } from './parts/part.ts'
import { createPostgres, endStaleServer, type Postgres } from './parts/postgres.ts'
import { createStreamServer } from './parts/stream-server.ts'
import { describePlatform, secretOf } from './platform-info.ts'
import { choosePorts, originsOf, type Ports } from './ports.ts'
import { createPrincipals, type Principals } from './principals.ts'
import { startSchedules } from './schedules.ts'
import { synthesize } from './synthesize.ts'
import { loadTemplate, type Template } from './template.ts'
import { runTriggers } from './triggers.ts'

/** One step of the start, shown while it is done; `say` adds what came of it. */
export type Step = <T>(title: string, work: (say: (detail: string) => void) => Promise<T>) => Promise<T>

export interface PlatformOptions {
  /** The checkout. */
  readonly root: string
  readonly dataDir: string
  readonly step: Step
  /** Ends the start half-way and takes down what is up. */
  readonly signal: AbortSignal
  readonly apiPort?: number
  readonly isFresh?: boolean
  /** Where ClamAV's definitions come from: its own servers if it is empty, nowhere if it is `off`. */
  readonly definitionsMirror?: string
  readonly isWatching?: boolean
  readonly onRecord?: (record: LogRecord) => void
}

export interface Platform {
  readonly info: PlatformInfo
  readonly parts: readonly Part[]
  stop(): Promise<void>
}

/** What every stage of the start builds on. */
interface Site extends PlatformOptions {
  readonly data: DataDir
  readonly log: PlatformLog
  readonly closing: Closing
  readonly ports: Ports
  readonly urls: {
    readonly api: string
    readonly docs: string
    readonly frontDoor: string
    readonly streamServer: string
    readonly media: string
  }
}

interface Services {
  readonly template: Template
  readonly principals: Principals
  readonly postgres: Postgres
  readonly clamd: Clamd
  readonly backEnds: BackEnds
}

interface Compute {
  readonly functions: Functions
  readonly frontDoor: FrontDoor
  readonly faults: ReturnType<typeof createFaults>
  readonly admin: AdminAccount
}

/** The real definitions take some 20 s to load, which nobody needs to wait for. */
const CLAMD_PATIENCE_MS = 3_000

/** Brings the synthesized template up on this machine; when it cannot, nothing is left behind. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const data = openDataDir(options.dataDir, { isFresh: options.isFresh ?? false })
  const log = createLog(data.logFile, options.onRecord)
  const closing = createClosing()
  const stop = async () => {
    data.retract()
    await closing.close()
    await log.close()
    data.release()
  }
  // Whoever ends the start does not wait for the step that runs, only for what has to be taken down.
  const aborted = rejectionOn(options.signal)
  const step: Step = (title, work) => Promise.race([options.step(title, work), aborted])
  try {
    // Before ports are chosen: it would hold the usual one.
    await endStaleServer(path.join(data.path, 'postgres'))
    const ports = await choosePorts(data.path, options.apiPort)
    const site = { ...options, step, data, log, closing, ports, urls: urlsOf(ports) }
    return { ...(await bringUp(site)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function bringUp(site: Site): Promise<Omit<Platform, 'stop'>> {
  const { closing, data, log, urls } = site
  const clamd = createClamd({ dataDir: data.path, logger: log.of('clamd') })
  closing.service(clamd.stop)
  const scanning = clamd.start().catch((error: Error) => log.of('clamd').error(error.message))

  const mediaKey = ensureMediaKey(data.path)
  const template = await buildTemplate(site, mediaKey)
  const services = await startServices(site, template, clamd)
  storeMediaKey(mediaKey, template, services.backEnds.secrets)
  const compute = await startCompute(site, services)
  const parts = await startServing(site, services, compute)
  await waitForClamd(site, clamd, scanning)
  if (site.isWatching) closing.serving(await watchBundles(site, compute.functions))

  const info = describePlatform({
    ...services,
    apiUrl: urls.api,
    frontDoorUrl: urls.frontDoor,
    streamServerUrl: urls.streamServer,
    mediaUrl: urls.media,
    databaseUrl: services.postgres.url,
    logFile: data.logFile,
    admin: compute.admin,
  })
  site.signal.throwIfAborted()
  data.publish(info)
  return { info, parts }
}

async function buildTemplate(
  { root, data, step, urls, ports, signal, definitionsMirror = '' }: Site,
  mediaKey: MediaKey,
): Promise<Template> {
  await step('Bundles', () => buildAll())
  return step('Template', async (say) => {
    const { directory, isCached } = await synthesize(root, data.path, signal)
    say(isCached ? 'unchanged' : 'synthesized')
    const places = {
      frontDoorUrl: urls.frontDoor,
      apiUrl: urls.api,
      databaseHost: '127.0.0.1',
      databasePort: ports.database,
    }
    const parameters = {
      StreamServerUrl: urls.streamServer,
      MediaUrl: urls.media,
      MediaPublicKeyA: mediaKey.publicKey,
      DefinitionsMirror: definitionsMirror,
      DefinitionsUrls: `${urls.api}${localDefinitionsPath}`,
      CorsOrigins: originsOf(ports),
    }
    return loadTemplate(directory, parameters, places)
  })
}

async function startServices(site: Site, template: Template, clamd: Clamd): Promise<Services> {
  const { data, log, step, closing, ports } = site
  const postgres = createPostgres({
    dataDir: data.path,
    port: ports.database,
    logger: log.of('postgres'),
    ...databaseOwner(template),
  })
  closing.service(postgres.stop)
  await step('PostgreSQL', () => postgres.start())
  const backEnds = await step('S3, SQS, SES, Secrets Manager', () =>
    startBackEnds({ template, dataDir: data.path, logger: log.of('aws'), mailboxPort: ports.mailbox }),
  )
  closing.service(backEnds.close)
  return { template, principals: createPrincipals(template), postgres, clamd, backEnds }
}

async function startCompute(site: Site, services: Services): Promise<Compute> {
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

async function startServing(site: Site, services: Services, compute: Compute): Promise<Part[]> {
  const { data, log, step, closing, ports, urls } = site
  const { template, postgres, clamd, backEnds } = services
  const { functions, frontDoor, faults } = compute
  const streamServer = defineStreamServer(site, services)
  closing.service(streamServer.stop)
  const mediaServer = createMediaServer({
    template,
    objects: backEnds.objects,
    authorizeService: frontDoor.authorizeService,
    port: ports.media,
    logger: log.of('media'),
  })
  closing.service(mediaServer.stop)
  const parts = [postgres, clamd, streamServer, mediaServer]
  const upstream = {
    template,
    invoke: functions.invoke,
    authorize: frontDoor.authorize,
    logger: log.of('lambda'),
  }
  await step('Gateway, queues, schedules', async () => {
    await Promise.all([streamServer.start(), mediaServer.start()])
    const schedules = startSchedules(upstream)
    closing.serving(schedules.stop)
    if (site.definitionsMirror !== 'off') {
      closing.serving(scheduleFirstUpdate({ dataDir: data.path, schedules, logger: log.of('clamd') }))
    }
    const gateway = await startGateway({
      ...upstream,
      port: ports.api,
      verifyGatewayCall: frontDoor.verifyGatewayCall,
      page: createDemoPage({
        urls: { ...urls, mailbox: backEnds.mailbox.url },
        isWatching: site.isWatching ?? false,
      }),
      control: createControl({
        schedules,
        parts,
        faults,
        functions: functions.list,
        usage: frontDoor.usage,
        definitions: createLocalDefinitions(data.path),
      }),
      logger: log.of('gateway'),
    })
    closing.serving(gateway.close)
    closing.serving(startEventSources({ ...upstream, queues: backEnds.queues }).stop)
  })
  return parts
}

function defineStreamServer({ data, log, ports, urls }: Site, services: Services) {
  return createStreamServer({
    dataDir: data.path,
    port: ports.streamServer,
    apiUrl: urls.api,
    credentials: services.principals.caller('stream_server'),
    secrets: {
      streamUrl: secretOf(services, 'STREAM_URL_SECRET_ARN'),
      streamJob: secretOf(services, 'STREAM_JOB_SECRET_ARN'),
    },
    logger: log.of('stream-server'),
  })
}

async function waitForClamd({ step }: Site, clamd: Clamd, scanning: Promise<unknown>): Promise<void> {
  await step('ClamAV', async (say) => {
    const patience = sleep(CLAMD_PATIENCE_MS, 'late', { ref: false })
    const isLate = (await Promise.race([scanning, patience])) === 'late'
    say(
      isLate
        ? 'still loads its definitions; uploads wait for it'
        : (clamd.status.detail ?? clamd.status.state),
    )
  })
}

async function watchBundles({ log }: Site, functions: Functions) {
  const logger = log.of('watch')
  return watch((changed) => {
    functions.replace(changed)
    if (changed.length > 0) logger.info(`Rebuilt: ${changed.join(', ')}`)
  })
}

function rejectionOn(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  // Mostly nobody is waiting for a step any more.
  promise.catch(() => undefined)
  return promise
}

function urlsOf(ports: Ports) {
  const at = (port: number) => `http://127.0.0.1:${port}`
  return {
    api: at(ports.api),
    docs: `${at(ports.api)}/docs`,
    frontDoor: at(ports.frontDoor),
    streamServer: at(ports.streamServer),
    media: at(ports.media),
  }
}
