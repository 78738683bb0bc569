import path from 'node:path'
import { parseArgs } from 'node:util'
import './clock.ts'
import { showError, showRecord, showStep, showTable } from './display.ts'
import type { PartState } from './parts/part.ts'
import { type Platform, startPlatform } from './platform.ts'

const HELP = `Usage: npm start -- [options]

Runs the synthesized template on this machine.

  --fresh         begin anew: forget the database, the objects, the queues and the secrets
  --logs          print what every function and part says
  --watch         rebuild a changed bundle and load it in place
  --data <dir>    where everything is kept (default: .local)
  --port <port>   port of the API; 0 takes any (default: the last one, or 8080)
  --mirror <url>  where virus definitions come from; off for none (default: ClamAV's own servers)
  --help          this text

STRIPE_SECRET_KEY=sk_test_… in the environment: Stripe's own test mode instead of the stand-in.
`

const STOP_LIMIT_MS = 2_800

// Type stripping and SQLite are marked experimental by Node; nobody who starts the platform can do anything about it.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') console.error(`${warning.name}: ${warning.message}`)
})

const options = readOptions()
if (options.help) {
  console.log(HELP)
} else {
  await run()
}

async function run(): Promise<void> {
  const root = path.resolve(import.meta.dirname, '../..')
  const began = performance.now()
  const aborting = new AbortController()
  let platform: Platform | undefined

  const stop = async (code: number) => {
    if (aborting.signal.aborted) return
    // Whatever does not end by itself in time is ended with this process.
    setTimeout(() => process.exit(code || 1), STOP_LIMIT_MS).unref()
    aborting.abort()
    await platform?.stop()
    if (platform) process.exit(code)
  }
  onSignalOrCrash(stop)

  try {
    platform = await startPlatform({
      root,
      dataDir: path.resolve(options.data),
      step: showStep,
      signal: aborting.signal,
      isFresh: options.fresh,
      isWatching: options.watch,
      definitionsMirror: options.mirror,
      environment: process.env,
      ...(options.port !== undefined && { apiPort: options.port }),
      // Whoever watches wants to know what was rebuilt, logs or not.
      onRecord: (record) => {
        if (options.logs || record.source === 'watch') showRecord(record)
      },
    })
    showTable(platform.info, ((performance.now() - began) / 1000).toFixed(1))
    watchParts(platform)
  } catch (error) {
    if (!aborting.signal.aborted) showError(error)
    process.exit(aborting.signal.aborted ? 0 : 1)
  }
}

function onSignalOrCrash(stop: (code: number) => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      showError(error instanceof Error ? new Error(`The platform failed: ${error.stack}`) : error)
      void stop(1)
    })
  }
}

/** Says once when a part has ended by itself. */
function watchParts({ parts, info }: Platform): void {
  const seen = new Map<string, PartState>()
  const look = () => {
    for (const { name, status } of parts) {
      if (seen.get(name) === status.state) continue
      seen.set(name, status.state)
      if (status.state !== 'failed' && status.state !== 'unavailable') continue
      showError(`${status.detail}\nStart it again: curl -X POST ${info.api_url}/_local/parts/${name}/start`)
    }
  }
  setInterval(look, 500).unref()
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        fresh: { type: 'boolean', default: false },
        logs: { type: 'boolean', default: false },
        watch: { type: 'boolean', default: false },
        data: { type: 'string', default: '.local' },
        port: { type: 'string' },
        mirror: { type: 'string', default: '' },
        help: { type: 'boolean', default: false },
      },
    })
    return { ...values, port: values.port === undefined ? undefined : readPort(values.port) }
  } catch (error) {
    showError(error)
    console.error(`\n${HELP}`)
    process.exit(2)
  }
}

function readPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${text} is no port`)
  return port
}
