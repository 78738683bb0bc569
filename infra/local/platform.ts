import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stop as stopEsbuild } from 'esbuild'
import { watch } from '../../esbuild.config.mjs'
import type { PlatformInfo } from './client.ts'
import { createClosing } from './closing.ts'
import { openDataDir } from './data-dir.ts'
import type { Functions } from './lambda/functions.ts'
import { createLog } from './log.ts'
import { ensureMediaKey, storeMediaKey } from './media-key.ts'
import { type Clamd, createClamd } from './parts/clamd.ts'
import type { Part } from './parts/part.ts'
import { endStaleServer } from './parts/postgres.ts'
import { describePlatform } from './platform-info.ts'
import { choosePorts } from './ports.ts'
import { startCompute } from './starting/compute.ts'
import { startServices } from './starting/services.ts'
import { startServing } from './starting/serving.ts'
import { type PlatformOptions, type Site, type Step, urlsOf } from './starting/site.ts'
import { buildTemplate } from './starting/template.ts'
import { chooseStripeAccount, storeStripeKeys, stripeUrlOf } from './stripe-account.ts'

export interface Platform {
  readonly info: PlatformInfo
  readonly parts: readonly Part[]
  stop(): Promise<void>
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
  // It stays for the next build, and ends by itself only some time after us.
  closing.service(stopEsbuild)
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
  const stripe = chooseStripeAccount(data.path, site.environment)
  const template = await buildTemplate(site, mediaKey, stripe)
  const services = await startServices(site, template, clamd)
  storeMediaKey(mediaKey, template, services.backEnds.secrets)
  storeStripeKeys(stripe, template, services.backEnds.secrets)
  const compute = await startCompute(site, services)
  const parts = await startServing(site, services, compute, stripe)
  await waitForClamd(site, clamd, scanning)
  if (site.isWatching) closing.serving(await watchBundles(site, compute.functions))

  const info = describePlatform({
    ...services,
    apiUrl: urls.api,
    frontDoorUrl: urls.frontDoor,
    streamServerUrl: urls.streamServer,
    mediaUrl: urls.media,
    stripeUrl: stripeUrlOf(stripe, urls.stripe),
    stripe,
    databaseUrl: services.postgres.url,
    logFile: data.logFile,
    admin: compute.admin,
  })
  site.signal.throwIfAborted()
  data.publish(info)
  return { info, parts }
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
