import type { LogRecord } from '../log.ts'
import type { FunctionDefinition } from './definition.ts'
import { createEnvironment, type Environment } from './environment.ts'
import type { Outcome } from './outcome.ts'

export interface LambdaFunction {
  readonly name: string
  readonly arn: string
  readonly timeoutMs: number
  /** How often it was called since the platform started. */
  readonly calls: number
  invoke(payload: string): Promise<Outcome>
  /** The next call loads the bundle anew; calls that are running finish in the environments they have. */
  replace(): void
  /** Ends the environment that has this invocation, as a crash of its host would. */
  kill(traceId: string | undefined): Promise<void>
  stop(): Promise<void>
}

export interface FunctionOptions {
  readonly definition: FunctionDefinition
  readonly log: (record: LogRecord) => void
  readonly maxEnvironments?: number
  readonly idleMs?: number
  readonly startEnvironment?: typeof createEnvironment
}

interface Waiting {
  readonly payload: string
  resolve(outcome: Outcome): void
}

const TICK_MS = 250

/**
 * A pool of environments, one call at a time each. A call takes the warmest idle one; where none is idle it starts
 * another, up to the cap. Above the cap calls wait, where Lambda would throttle them.
 */
export function createFunction({
  definition,
  log,
  maxEnvironments = 10,
  idleMs = 120_000,
  startEnvironment = createEnvironment,
}: FunctionOptions): LambdaFunction {
  let idle: Environment[] = []
  const busy = new Set<Environment>()
  const ending = new Set<Promise<void>>()
  const waiting: Waiting[] = []
  let generation = 0
  let calls = 0
  const generations = new Map<Environment, number>()

  const end = (environment: Environment) => {
    generations.delete(environment)
    const ended = environment.terminate().finally(() => ending.delete(ended))
    ending.add(ended)
  }

  const isCurrent = (environment: Environment) =>
    !environment.isDead && generations.get(environment) === generation

  const takeEnvironment = (): Environment | undefined => {
    for (let environment = idle.pop(); environment; environment = idle.pop()) {
      if (isCurrent(environment)) return environment
      end(environment)
    }
    if (busy.size >= maxEnvironments) return undefined
    const started = startEnvironment(definition, log)
    generations.set(started, generation)
    return started
  }

  const serve = () => {
    while (waiting.length > 0) {
      const environment = takeEnvironment()
      if (!environment) return
      void run(environment, waiting.shift()!)
    }
  }

  const run = async (environment: Environment, { payload, resolve }: Waiting) => {
    busy.add(environment)
    const outcome = await environment.invoke(payload)
    busy.delete(environment)
    if (isCurrent(environment)) idle.push(environment)
    else end(environment)
    resolve(outcome)
    serve()
  }

  const reap = () => {
    const oldest = Date.now() - idleMs
    const tooOld = idle.filter((environment) => environment.lastUsed < oldest)
    idle = idle.filter((environment) => environment.lastUsed >= oldest)
    tooOld.forEach(end)
    for (const environment of busy) environment.checkMemory()
  }
  const ticker = setInterval(reap, TICK_MS)
  ticker.unref()

  return {
    name: definition.name,
    arn: definition.arn,
    timeoutMs: definition.timeoutMs,
    get calls() {
      return calls
    },
    invoke: (payload) =>
      new Promise((resolve) => {
        calls += 1
        waiting.push({ payload, resolve })
        serve()
      }),
    replace() {
      generation += 1
      idle.splice(0).forEach(end)
    },
    async kill(traceId) {
      await [...busy].find((environment) => environment.traceId === traceId)?.terminate()
    },
    async stop() {
      clearInterval(ticker)
      for (const environment of [...idle.splice(0), ...busy]) end(environment)
      await Promise.all(ending)
    },
  }
}
